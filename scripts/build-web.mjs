// Builds web/ into dist/web with Vite, and beside each text its .br and .gz, so that no request waits for a compressor.
// Like the rest of the build: nothing is done when nothing changed, and a failed build leaves the last good one in place.
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const target = "dist/web";
const sources = ["web", "src/admin/contract.ts", "package-lock.json"];
const compressed = /\.(?:js|css|svg)$/;

/** In the project's folder; dist/ is there. */
export async function buildWeb({ force }) {
  const started = new Date();
  if (!force && builtAt() > newestSource()) return;
  // Tests build it as well, in an environment of theirs, for which Vite would take React's development half.
  process.env.NODE_ENV = "production";
  const fresh = `dist.web.${process.pid}`;
  try {
    const { build } = await import("vite");
    await build({
      configFile: "web/vite.config.ts",
      logLevel: "warn",
      build: { outDir: join(process.cwd(), fresh) },
    });
    for (const path of filesIn(fresh)) if (compressed.test(path)) compress(path);
    utimesSync(fresh, started, started);
    replace(fresh);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

// The time of dist/ says when the server was built; that a folder in it was replaced must not make it look newer.
function replace(fresh) {
  const { atime, mtime } = statSync("dist");
  const stale = `${fresh}.stale`;
  if (existsSync(target)) renameSync(target, stale);
  renameSync(fresh, target);
  rmSync(stale, { recursive: true, force: true });
  utimesSync("dist", atime, mtime);
}

function compress(path) {
  const content = readFileSync(path);
  writeFileSync(
    `${path}.br`,
    brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
  );
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
}

function builtAt() {
  return statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newestSource() {
  return Math.max(
    ...sources.flatMap((source) => [source, ...filesIn(source)]).map((path) => statSync(path).mtimeMs),
  );
}

function filesIn(folder) {
  if (!statSync(folder).isDirectory()) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
