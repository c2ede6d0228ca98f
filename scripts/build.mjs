// Builds src/ into dist/ with tsc, whole or not at all: a failed build leaves the last good dist/ in place; then the web app.
// Does nothing when dist/ is newer than every source, so demo, bench and soak can call it each time. --force builds anyway.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildWeb } from "./build-web.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);

const force = process.argv.includes("--force");
if (force || builtAt() <= newestSource()) buildServer();
await buildWeb({ force });

function buildServer() {
  const started = new Date();
  const fresh = `dist.${process.pid}`;
  const result = spawnSync("node_modules/.bin/tsc", ["-p", "tsconfig.build.json", "--outDir", fresh], {
    stdio: "inherit",
  });
  if (result.status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    console.error("build failed: dist/ is as it was before");
    process.exit(1);
  }
  // The web app has sources of its own and stays as it is.
  if (existsSync("dist/web")) {
    const { atime, mtime } = statSync("dist/web");
    cpSync("dist/web", join(fresh, "web"), { recursive: true, preserveTimestamps: true });
    // The folder's own is not kept by that, and it says whether the web app has to be built.
    utimesSync(join(fresh, "web"), atime, mtime);
  }
  // The folder's own time is the start of its build: a source saved while tsc ran is newer and will be built next time.
  utimesSync(fresh, started, started);
  replaceDist(fresh);
}

function replaceDist(fresh) {
  const stale = `${fresh}.stale`;
  for (;;) {
    try {
      renameSync("dist", stale);
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
    try {
      renameSync(fresh, "dist");
      break;
    } catch (error) {
      if (error.code !== "ENOTEMPTY") throw error; // another build put its own dist/ there meanwhile: ours replaces it
    }
    rmSync(stale, { recursive: true, force: true });
  }
  rmSync(stale, { recursive: true, force: true });
}

function builtAt() {
  return statSync("dist", { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

// Folders count too: their time changes when a file is removed.
function newestSource() {
  const sources = readdirSync("src", { recursive: true }).map((name) => join("src", name));
  return Math.max(
    ...["src", ...sources, "tsconfig.json", "tsconfig.build.json"].map((path) => statSync(path).mtimeMs),
  );
}
