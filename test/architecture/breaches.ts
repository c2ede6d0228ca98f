// Small invented sources: each breach is caught by its rule, what is allowed passes them all.

export const breaches: ReadonlyArray<
  [breach: string, rule: string, files: Record<string, string>, sentence: RegExp]
> = [
  [
    "core imports store",
    "layers",
    { "core/a.ts": 'import type { S } from "../store/store.ts";' },
    /core may not import store/,
  ],
  [
    "store imports client in a type position",
    "layers",
    { "store/a.ts": 'let x: import("../client/client.ts").C;' },
    /store may not import client/,
  ],
  [
    "admin imports cluster by import()",
    "layers",
    { "admin/a.ts": 'await import("../cluster/cluster.ts");' },
    /admin may not import cluster/,
  ],
  [
    "cluster imports the root",
    "layers",
    { "cluster/a.ts": 'import { Quern } from "../quern.ts";' },
    /only cli\/, testing\/ may/,
  ],
  [
    "client imports the package by its name",
    "layers",
    { "client/a.ts": 'import { Quern } from "quern";' },
    /only cli\/, testing\/ may/,
  ],
  [
    "client re-exports cluster",
    "layers",
    { "client/a.ts": 'export * from "../cluster/cluster.ts";' },
    /client may not import cluster/,
  ],
  ["a new folder", "layers", { "extras/a.ts": "" }, /"extras" is not in the table/],
  ["a new file at the root", "layers", { "extra.ts": "" }, /"extra.ts" is not in the table/],
  [
    "two files import each other's types",
    "cycles",
    { "core/a.ts": 'import type { B } from "./b.ts";', "core/b.ts": 'export type { A } from "./a.ts";' },
    /core\/a.ts -> core\/b.ts -> core\/a.ts/,
  ],
  ["a long file", "sizes", { "core/a.ts": "let x;\n".repeat(449) }, /has 450 lines/],
  [
    "a full folder",
    "sizes",
    Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`core/a${n}.ts`, ""])),
    /core has 25 files/,
  ],
  ["a deep folder", "sizes", { "store/sql/deep/a.ts": "" }, /deeper than two folders/],
  ["a drawer", "sizes", { "core/utils.ts": "" }, /"utils" says nothing/],
  ["a drawer that is a folder", "sizes", { "admin/types/a.ts": "" }, /"types" says nothing/],
  ["no first line", "firstLines", { "core/a.ts": "export const a = 1;" }, /first line must be a comment/],
  ["a clock of its own", "words", { "core/a.ts": "const t = Date.now();" }, /uses Date.now/],
  ["a date of now", "words", { "store/a.ts": "const t = new Date();" }, /uses new Date/],
  ["a timer", "words", { "cluster/a.ts": "setTimeout(() => {}, 5);" }, /uses setTimeout/],
  ["a timer inside a template", "words", { "cluster/a.ts": "`${setTimeout(f, `${1}`)}`" }, /uses setTimeout/],
  [
    "a timer from node:timers/promises",
    "words",
    { "cluster/a.ts": 'import { setTimeout as s } from "node:timers/promises";' },
    /imports node:timers/,
  ],
  ["an exit", "words", { "client/a.ts": "process.exit(1);" }, /uses process.exit/],
  ["a signal handler", "words", { "cluster/sentinel.ts": 'process.on("SIGTERM", stop);' }, /uses process.on/],
  ["a kill", "words", { "cluster/sentinel.ts": "process.kill(pid);" }, /uses process.kill/],
  ["an environment variable", "words", { "core/a.ts": "process.env.HOME" }, /uses process.env/],
  ["markup", "words", { "admin/a.ts": "x.innerHTML = y;" }, /uses innerHTML/],
  ["an engine's name in a string", "engines", { "client/a.ts": 'if (name === "sqlite") {}' }, /names SQLite/],
  ["an engine's name in a template", "engines", { "core/a.ts": "`postgres://${host}`" }, /names PostgreSQL/],
  ["an engine's name in an identifier", "engines", { "cluster/a.ts": "isRedisBroker(store)" }, /names Redis/],
  [
    "one engine imports another",
    "engines",
    { "store/sqlite/a.ts": 'import "../mysql/a.ts";' },
    /names MySQL/,
  ],
  [
    "a library in the wrong file",
    "libraries",
    { "client/a.ts": 'import { Cron } from "croner";' },
    /only core\/schedule\/on-demand.ts may/,
  ],
  [
    "an unknown library",
    "libraries",
    { "core/a.ts": 'import x from "left-pad";' },
    /not in the table of libraries/,
  ],
  [
    "a heavy library imported at once",
    "libraries",
    { "cluster/project.ts": 'import { createJiti } from "jiti";' },
    /by import\(\)/,
  ],
  [
    "an import of what stands in a row",
    "computedImports",
    { "client/a.ts": "await import(row.func);" },
    /import\(\) of a variable/,
  ],
  [
    "core does I/O",
    "libraries",
    { "core/a.ts": 'import { readFileSync } from "node:fs";' },
    /core does no I\/O/,
  ],
];

export const allowed: Record<string, string> = {
  "index.ts": 'export { task } from "./client/registry.ts";\nexport { Quern } from "./quern.ts";',
  "quern.ts": 'export class Quern { start() { return import("./cluster/cluster.ts"); } }',
  "core/clock.ts": "setTimeout(f, Date.now() + new Date().getTime());",
  "core/a.ts":
    '/* new Date() of sqlite */ const d = new Date(row.started); socket.setTimeout(5); const r = /"|setTimeout(/; // Date.now()\nconst s = "setTimeout";',
  "client/registry.ts":
    'import type { S } from "../store/store.ts";\nimport {\n  a,\n  b,\n} from "../core/a.ts";',
  "cluster/cluster.ts": 'import { r } from "../client/registry.ts";',
  "store/store.ts": "export interface S {}",
  "cluster/project.ts": 'import type { Jiti } from "jiti";\nconst { createJiti } = await import("jiti");',
  "cli/bin.ts": 'import { Quern } from "../index.ts";\nprocess.on("SIGTERM", () => process.exit(0));',
};
