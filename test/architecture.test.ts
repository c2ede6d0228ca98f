// Holds the architecture. The tables below are the law; change one only together with a record in docs/decisions/.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { allowed, breaches } from "./architecture/breaches.ts";
import {
  computedImports,
  cycles,
  engines,
  firstLines,
  type Law,
  layers,
  libraries,
  type Rule,
  sizes,
  words,
} from "./architecture/rules.ts";
import { type Scanned, scan } from "./architecture/scan.ts";

const law: Law = {
  // A layer may import itself and these.
  layers: {
    core: [],
    store: ["core"],
    client: ["core", "store"],
    cluster: ["core", "store", "client"],
    admin: ["core", "store", "client"],
    adapters: ["admin"],
    testing: ["core", "store", "client", "admin"],
    cli: ["core", "store", "client", "cluster", "admin", "adapters", "testing"],
  },
  // The files beside the layers compose them; cluster/ is loaded by quern.ts when it starts.
  rootFiles: {
    "index.ts": ["core", "store", "client", "cluster"],
    "quern.ts": ["core", "store", "client", "cluster"],
  },
  rootImporters: ["cli/", "testing/"],

  maxLines: 450,
  maxFiles: 25,
  drawers: [
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "shared",
    "lib",
    "misc",
    "types",
    "type",
    "interfaces",
  ],

  // Of Node, core may use what computes.
  corePlatform: ["node:crypto", "node:zlib", "node:util", "node:util/types", "node:buffer", "node:events"],

  words: [
    {
      what: "the time and timers",
      pattern:
        /\bDate\.now\b|\bnew Date(?!\s*\(\s*[^\s)])(?![\w$])|(?<![.\w])Date\(\s*\)|\bperformance\.now\b|\bhrtime\b|\bTemporal\.Now\b|\bAbortSignal\.timeout\b|(?:\bglobalThis\.|(?<![.\w$]))set(?:Timeout|Interval|Immediate)\b/,
      places: ["core/clock.ts"],
      instead: "ask the clock that was handed in",
    },
    {
      what: "ending the process, and listening to it,",
      pattern: /\bprocess\.(?:exit|exitCode|abort|reallyExit|on|once|addListener|prependListener)\b/,
      places: ["cli/", "cluster/worker/main.ts", "cluster/worker/watchdog.ts"],
      instead: "throw, or return",
    },
    {
      what: "killing",
      pattern: /\bprocess\.kill\b/,
      places: ["cli/", "cluster/worker/main.ts", "cluster/worker/watchdog.ts", "cluster/worker-handle.ts"],
      instead: "ask the worker's handle",
    },
    {
      what: "the environment",
      pattern: /\bprocess\.env\b/,
      places: ["cli/", "quern.ts"],
      instead: "take an option",
    },
    {
      what: "markup from text",
      pattern: /\b(?:innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write)\b/,
      places: [],
      instead: "set text as text",
    },
  ],

  // SQLite is the default: options.ts has its URL, errors.ts shows one as an example.
  engines: [
    {
      name: "SQLite",
      pattern: /sqlite/i,
      places: ["store/open.ts", "store/sqlite/", "testing/", "cli/", "core/options.ts", "core/errors.ts"],
    },
    {
      name: "PostgreSQL",
      pattern: /postgres/i,
      places: ["store/open.ts", "store/postgres/", "testing/", "cli/"],
    },
    {
      name: "MySQL",
      pattern: /mysql|mariadb/i,
      places: ["store/open.ts", "store/mysql/", "testing/", "cli/"],
    },
    {
      name: "Redis",
      pattern: /redis|valkey/i,
      places: ["store/open.ts", "store/redis/", "testing/", "cli/"],
    },
  ],

  // Who imports what; lazy: only by import() or require(), because it is heavy, optional or only in some versions of Node.
  libraries: {
    "@standard-schema/spec": { places: ["core/schema.ts", "client/", "index.ts"] },
    "temporal-polyfill": { places: ["core/schedule/on-demand.ts", "core/schedule/calendar.ts"], lazy: true },
    croner: { places: ["core/schedule/on-demand.ts"], lazy: true },
    cronstrue: { places: ["core/schedule/on-demand.ts"], lazy: true },
    "node:module": { places: ["core/schedule/on-demand.ts"] },
    jiti: { places: ["cluster/project.ts"], lazy: true },
    commander: { places: ["cli/main.ts", "cli/commands/"] },
    pg: { places: ["store/postgres/"], lazy: true },
    "node:sqlite": { places: ["store/sqlite/"], lazy: true },
    "@photostructure/sqlite": { places: ["store/sqlite/"], lazy: true },
  },

  // A driver that may be missing, and the user's own project module. Never anything that stands in a row.
  computedImports: ["store/sqlite/sqlite-driver.ts", "cluster/project.ts"],
};

// What `import … from "quern"` gives at run time: at most 25.
const ROOT_EXPORTS = [
  "NonRetryable",
  "Quern",
  "QuernError",
  "consoleLogger",
  "errorTable",
  "isQuernError",
  "nextRuns",
  "schedule",
  "task",
];

const rules: Record<string, Rule> = {
  layers,
  cycles,
  sizes,
  firstLines,
  words,
  engines,
  libraries,
  computedImports,
};

const root = fileURLToPath(new URL("..", import.meta.url));
const sources: Scanned[] = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => scan({ path, text: readFileSync(join(root, "src", path), "utf8") }));

describe("the sources keep the law", () => {
  it("there are sources to read", () => expect(sources.length).toBeGreaterThan(20));
  it.each(Object.entries(rules))("%s", (_, rule) => {
    expect(rule(sources, law)).toEqual([]);
  });
});

describe("importing an entry point", () => {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    exports: Record<string, string | { default: string }>;
  };
  const entries = Object.values(exports).flatMap((it) => (typeof it === "object" ? [it.default] : []));

  it.each(entries)("%s opens no handle, reads no environment, adds no listener and no global", (entry) => {
    expect(importAlone(entry)).toMatchObject({ handles: [], environment: [], listeners: [], globals: [] });
  });

  it(`gives the ${ROOT_EXPORTS.length} values that are written down, and no others`, () => {
    expect(importAlone("dist/index.js").exports).toEqual([...ROOT_EXPORTS].sort());
    expect(ROOT_EXPORTS.length).toBeLessThanOrEqual(25);
  });
});

interface Traces {
  handles: string[];
  environment: string[];
  listeners: string[];
  globals: string[];
  exports: string[];
}

// In a process of its own: what is there after the import that was not there before.
function importAlone(entry: string): Traces {
  const script = `
    const environment = new Set();
    const nodesOwn = ["WATCH_REPORT_DEPENDENCIES"]; // read by its loader at every import
    const seen = (key) => { if (typeof key === "string" && !nodesOwn.includes(key)) environment.add(key); };
    process.env = new Proxy(process.env, {
      get: (env, key) => (seen(key), Reflect.get(env, key)),
      has: (env, key) => (seen(key), Reflect.has(env, key)),
      ownKeys: (env) => (seen("all of it"), Reflect.ownKeys(env)),
      getOwnPropertyDescriptor: (env, key) => (seen(key), Reflect.getOwnPropertyDescriptor(env, key)),
    });
    const look = () => ({
      handles: process.getActiveResourcesInfo(),
      listeners: process.eventNames().flatMap((name) => process.listeners(name).map(() => String(name))),
      globals: Object.getOwnPropertyNames(globalThis),
    });
    const before = look();
    const module = await import(${JSON.stringify(new URL(entry, `file://${root}`).href)});
    await new Promise((resolve) => setImmediate(resolve));
    const after = look();
    const added = (now, then) => now.filter((it) => !then.includes(it) || now.filter((x) => x === it).length > then.filter((x) => x === it).length);
    console.log(JSON.stringify({
      ...Object.fromEntries(Object.keys(after).map((key) => [key, added(after[key], before[key])])),
      environment: [...environment],
      exports: Object.keys(module).sort(),
    }));`;
  return JSON.parse(
    execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd: root, encoding: "utf8" }),
  ) as Traces;
}

describe("the test itself can fail", () => {
  const head = "// Says what this file is for.\n";

  it.each(breaches)("%s is caught by %s", (_, rule, files, sentence) => {
    const scanned = Object.entries(files).map(([path, text]) =>
      scan({ path, text: rule === "firstLines" ? text : head + text }),
    );
    expect((rules[rule] as Rule)(scanned, law).join("\n")).toMatch(sentence);
  });

  it("what is allowed passes every rule", () => {
    const scanned = Object.entries(allowed).map(([path, text]) =>
      scan({ path, text: path === "cli/bin.ts" ? `#!/usr/bin/env node\n${head}${text}` : head + text }),
    );
    expect(Object.values(rules).flatMap((rule) => rule(scanned, law))).toEqual([]);
  });
});
