// Finds and loads the project module: quern.config.* or quern.*, whose default export is the Quern.
import { existsSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { QuernError } from "../core/errors.ts";
import { type Client, clientOf } from "../client/client.ts";

const names = ["quern.config", "quern"].flatMap((name) =>
  ["ts", "mts", "js", "mjs"].map((extension) => `${name}.${extension}`),
);

/**
 * The absolute path of the project module: the given one, the one in a given folder, or the nearest from `folder` upwards. Throws
 * QUERN_NO_CONFIG.
 */
export function findProject(folder: string, given?: string | URL): string {
  if (given !== undefined) {
    const text = String(given);
    const path = text.startsWith("file:")
      ? fileURLToPath(text)
      : isAbsolute(text)
        ? text
        : resolve(folder, text);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return findIn(path) ?? refuseFolder(path);
    if (existsSync(path)) return path;
    throw new QuernError("QUERN_NO_CONFIG", { expected: basename(path), folder: dirname(path) });
  }
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = findIn(at);
    if (found !== undefined) return found;
    if (dirname(at) === at) refuseFolder(`${folder} or a folder above it`);
  }
}

function findIn(folder: string): string | undefined {
  return names.map((name) => join(folder, name)).find((path) => existsSync(path));
}

function refuseFolder(folder: string): never {
  throw new QuernError("QUERN_NO_CONFIG", { expected: "quern.config.ts or quern.ts", folder });
}

/** Throws QUERN_BAD_CONFIG, with what the module threw as its cause. */
export async function loadProject(path: string): Promise<Client> {
  let module: { default?: unknown };
  try {
    module = await importModule(path);
  } catch (error) {
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const reason = `it threw ${what.replaceAll(/\s+/g, " ").replace(/\.$/, "")}`;
    throw new QuernError(
      "QUERN_BAD_CONFIG",
      { path, reason, hint: "Mend the module; loading it must only make and export your Quern" },
      { cause: error },
    );
  }
  const client = clientOf(module.default);
  if (client === undefined) {
    const reason = "it exports no Quern as default";
    throw new QuernError("QUERN_BAD_CONFIG", {
      path,
      reason,
      hint: "Export your Quern from it: export default new Quern({ tasks })",
    });
  }
  return client;
}

const notForNode = new Set([
  "ERR_UNKNOWN_FILE_EXTENSION",
  "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX",
  "ERR_MODULE_NOT_FOUND",
  "ERR_UNSUPPORTED_DIR_IMPORT",
]);

/** As Node does it where it can; where the file, or one that it imports, is TypeScript that this Node can't run, by jiti. */
async function importModule(path: string): Promise<{ default?: unknown }> {
  try {
    return (await import(pathToFileURL(path).href)) as { default?: unknown };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!/\.m?ts$/.test(path) || code === undefined || !notForNode.has(code)) throw error;
    const { createJiti } = await import("jiti");
    return (await createJiti(pathToFileURL(path).href).import(path)) as { default?: unknown };
  }
}
