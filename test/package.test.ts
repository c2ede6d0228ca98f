// What people install: the files in the tarball, its types and exports as tools see them, and the packages it brings along.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// Every package that `npm i quern` brings, and what asks for it. At most 12.
const RUNTIME_PACKAGES = [
  "@hono/node-server",
  "@standard-schema/spec",
  "commander",
  "croner",
  "cronstrue",
  "hono",
  "jiti",
  "temporal-polyfill",
  "temporal-spec",
  "temporal-utils",
];

// Only there for Node 20, which has no SQLite of its own. Its prebuilt binary is in its package, so it works with --ignore-scripts.
const FALLBACK_PACKAGES = ["@photostructure/sqlite", "node-addon-api", "node-gyp-build"];

const MAY_SHIP = [
  /^dist\/(?:[\w-]+\/)*[\w-]+(?:\.d\.ts|\.js)$/,
  /^dist\/web\/(?:index\.html|manifest\.json|assets\/[\w-]+\.(?:js|css|svg))(?:\.br|\.gz)?$/,
  /^docs\/(?:guides\/)?[\w-]+\.md$/,
  /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md)$/,
];
const MUST_SHIP = [
  "dist/index.js",
  "dist/index.d.ts",
  "dist/testing/index.js",
  "dist/testing/index.d.ts",
  "dist/cli/bin.js",
  "dist/admin/index.js",
  "dist/adapters/node.js",
  "dist/web/index.html",
  "docs/options.md", // What an error about an option points to.
  "docs/guides/schedules.md",
  "package.json",
  "README.md",
  "LICENSE",
  "CHANGELOG.md",
  "SECURITY.md",
];

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name: string): string => join(root, "node_modules/.bin", name);

describe("the tarball", () => {
  let folder: string;
  let tarball: string;
  let files: string[];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "quern-package-"));
    const packed = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
      cwd: root,
      encoding: "utf8",
    });
    const [made] = JSON.parse(packed) as [{ filename: string; files: Array<{ path: string }> }];
    tarball = join(folder, made.filename);
    files = made.files.map((it) => it.path);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("holds the built package and nothing else: no sources, no tests, no maps", () => {
    expect(files.filter((path) => !MAY_SHIP.some((pattern) => pattern.test(path)))).toEqual([]);
    expect(MUST_SHIP.filter((path) => !files.includes(path))).toEqual([]);
  });

  it("has a declaration for every module", () => {
    const modules = files.filter((path) => path.endsWith(".js") && !path.startsWith("dist/web/"));
    expect(modules.filter((path) => !files.includes(path.replace(/\.js$/, ".d.ts")))).toEqual([]);
  });

  it("passes publint", () => {
    const { status, stdout, stderr } = spawnSync(bin("publint"), ["run", tarball, "--strict"], {
      encoding: "utf8",
    });
    expect(status, stdout + stderr).toBe(0);
    expect(stdout).toContain("All good!");
  });

  it("has types that resolve for ES modules", () => {
    const args = [tarball, "--profile", "esm-only", "--format", "ascii", "--no-color", "--no-emoji"];
    const { status, stdout, stderr } = spawnSync(bin("attw"), args, { encoding: "utf8" });
    expect(status, stdout + stderr).toBe(0);
  });
});

describe("the packages it brings along", () => {
  interface Locked {
    dependencies?: Record<string, string>;
    optionalDependencies?: Record<string, string>;
    hasInstallScript?: true;
  }
  const locked = (
    JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as { packages: Record<string, Locked> }
  ).packages;
  const own = locked[""] as Locked;
  const required = Object.keys(own.dependencies ?? {}).filter(
    (name) => !(name in (own.optionalDependencies ?? {})),
  );

  // Names with all they need, as npm would find them from where the asking package lies.
  function closure(names: string[], from = ""): Map<string, Locked> {
    const found = new Map<string, Locked>();
    const visit = (name: string, asker: string): void => {
      const nested = `${asker}/node_modules/${name}`.replace(/^\//, "");
      const path = nested in locked ? nested : `node_modules/${name}`;
      const entry = locked[path];
      if (entry === undefined) throw new Error(`package-lock.json has no ${name}`);
      if (found.has(name)) return;
      found.set(name, entry);
      for (const next of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }))
        visit(next, path);
    };
    for (const name of names) visit(name, from);
    return found;
  }

  it("are the ones written down, at most 12", () => {
    expect([...closure(required).keys()].sort()).toEqual([...RUNTIME_PACKAGES].sort());
    expect(RUNTIME_PACKAGES.length).toBeLessThanOrEqual(12);
  });

  it("need no install script", () => {
    const withScript = [...closure(required)]
      .filter(([, entry]) => entry.hasInstallScript)
      .map(([name]) => name);
    expect(withScript).toEqual([]);
  });

  it("apart from them only the fallback for Node 20 is installed", () => {
    const optional = Object.keys(own.optionalDependencies ?? {});
    expect([...closure(optional).keys()].sort()).toEqual([...FALLBACK_PACKAGES].sort());
  });
});
