// Starts the Chromium that came with npm: unpacked once into .cache/, with the libraries it brings, since a plain machine lacks them.
import { spawnSync } from "node:child_process";
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createBrotliDecompress } from "node:zlib";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("..", import.meta.url));
const cache = join(root, ".cache/chromium-147.0.0");

/** QUERN_TEST_CHROMIUM names another one. */
export async function launchChromium() {
  const own = process.env.QUERN_TEST_CHROMIUM;
  if (!own && !existsSync(cache)) await unpack();
  return chromium.launch({
    executablePath: own ?? join(cache, "chromium"),
    args: ["--no-sandbox", "--no-zygote", "--disable-gpu", "--disable-webgl", "--font-render-hinting=none"],
    // Without a language Chromium calls itself en-US@posix, which Intl refuses.
    env: { ...process.env, LC_ALL: "en_GB.UTF-8", ...(!own && { LD_LIBRARY_PATH: join(cache, "lib") }) },
  });
}

// Into a folder of its own first: two test files may unpack at the same time, and half a browser must never be taken for one.
async function unpack() {
  const bin = join(dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")), "../../bin");
  mkdirSync(dirname(cache), { recursive: true });
  const fresh = mkdtempSync(`${cache}-`);
  await pipeline(
    createReadStream(join(bin, "chromium.br")),
    createBrotliDecompress(),
    createWriteStream(join(fresh, "chromium"), { mode: 0o755 }),
  );
  const libraries = join(fresh, "al2023.tar");
  await pipeline(
    createReadStream(join(bin, "al2023.tar.br")),
    createBrotliDecompress(),
    createWriteStream(libraries),
  );
  const { status, stderr } = spawnSync("tar", ["-xf", libraries, "-C", fresh], { encoding: "utf8" });
  if (status !== 0) throw new Error(`Chromium's libraries could not be unpacked: ${stderr}`);
  rmSync(libraries);
  try {
    renameSync(fresh, cache);
  } catch {
    rmSync(fresh, { recursive: true, force: true }); // another process was first
  }
}
