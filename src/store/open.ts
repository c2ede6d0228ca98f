// A URL to a store. The only file outside their folders that knows the engines by name; each is loaded when it is asked for.
import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { didYouMean } from "../core/check.ts";
import { QuernError } from "../core/errors.ts";
import type { Store, StoreOptions } from "./store.ts";

/** Opens the database at `url`. */
export async function openStore(url: string, options: StoreOptions): Promise<Store> {
  const scheme = /^([a-z]+):/.exec(url)?.[1];
  switch (scheme) {
    case "memory": {
      const { MemoryStore } = await import("./memory/memory-store.ts");
      return new MemoryStore(options);
    }
    case "sqlite": {
      const { openSqliteStore } = await import("./sqlite/sqlite-store.ts");
      return openSqliteStore(sqlitePath(url), options);
    }
    case "postgres":
    case "postgresql": {
      checkUrl(url);
      const { openPostgresStore } = await import("./postgres/postgres-store.ts");
      return openPostgresStore(url, options);
    }
    default:
      throw badUrl(url);
  }
}

/** Throws what `openStore` would throw for a URL that is none, without opening anything. */
export function checkUrl(url: string, place: UrlPlace = configured): void {
  if (!/^(memory:|sqlite:.+|postgres(ql)?:\/\/)/.test(url) || !URL.canParse(url)) throw badUrl(url, place);
}

/** Whether several processes can open what stands at `url`. */
export function isShared(url: string): boolean {
  return !/^(memory:|sqlite::memory:)/.test(url);
}

/** Where a URL was given: what an error calls it, and where to set another one. */
export interface UrlPlace {
  field: string;
  where: string;
}

const configured: UrlPlace = { field: "database", where: "new Quern({ database }) or QUERN_DATABASE" };

function badUrl(url: string, place: UrlPlace = configured): QuernError {
  const [scheme = ""] = url.split(":", 1);
  // What ends a host or begins a path or a port ends the password too.
  const known = /^postgres(ql)?:\/\//.test(url)
    ? ", a password's /, #, ? and @ written as %2F, %23, %3F and %40"
    : "";
  return new QuernError("QUERN_BAD_URL", {
    ...place,
    expected: `"sqlite:quern.db", "postgres://user@host/database" or "memory:"${known}`,
    given: JSON.stringify(url.replace(/(\/\/[^/@]*?:)[^@]*@/, "$1…@")), // It may hold a password.
    meant: didYouMean(
      scheme,
      ["memory", "sqlite", "postgres"].filter((known) => known !== scheme),
    ),
  });
}

/** Relative paths begin at the folder of the nearest package.json, so that every process of a project means the same file. */
export function sqlitePath(url: string): string {
  const path = url.slice("sqlite:".length).replace(/^\/\/(?=\/)/, "");
  if (path === ":memory:" || isAbsolute(path)) return path;
  return join(projectFolder(process.cwd()), path);
}

function projectFolder(from: string): string {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (dirname(folder) === folder) return resolve(from);
  }
}
