// Debian packages without root: fetched and unpacked into a cache of ours, once for all runs; the machine's own package database is only read.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { NotAvailable, onPath } from "./server.ts";

const fetchWithinMs = 50_000;

/** Where the package and what it needs beyond this machine are unpacked: a folder that stands for `/`. */
export function debianPackage(name: string, { mayFetch = true } = {}): string {
  const folder = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const cache = join(folder, "quern-servers");
  const root = join(cache, name);
  if (existsSync(root)) return root;
  if (!mayFetch) throw new NotAvailable(`Debian's package ${name} is fetched in the long run only`);
  if (onPath("apt-get") === undefined || onPath("dpkg-deb") === undefined)
    throw new NotAvailable(`this is no Debian, so the package ${name} can't be fetched`);
  mkdirSync(cache, { recursive: true });
  const working = mkdtempSync(join(cache, "fetching-"));
  try {
    const unpacked = fetched(name, working);
    try {
      renameSync(unpacked, root);
    } catch (error) {
      if (!existsSync(root)) throw error; // Else another process was quicker.
    }
    return root;
  } finally {
    rmSync(working, { recursive: true, force: true });
  }
}

function fetched(name: string, folder: string): string {
  const archives = join(folder, "cache/archives");
  for (const each of ["state/lists/partial", "cache/archives/partial", "root"])
    mkdirSync(join(folder, each), { recursive: true });
  const options = [
    `Dir::State=${folder}/state`,
    "Dir::State::status=/var/lib/dpkg/status",
    `Dir::Cache=${folder}/cache`,
    "APT::Sandbox::User=", // As root it would become a user who may not write here.
    "Debug::NoLocking=1",
    "Acquire::Retries=3",
  ].flatMap((option) => ["-o", option]);
  const install = ["-y", "--no-install-recommends", "--download-only", "install", name];
  for (const words of [["update"], install]) {
    const { status, stderr, error } = spawnSync("apt-get", [...options, "-qq", ...words], {
      encoding: "utf8",
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
      timeout: fetchWithinMs,
    });
    if (status !== 0)
      throw new NotAvailable(
        `apt-get ${words.at(-1)} failed: ${error?.message ?? stderr.trim().slice(-300)}`,
      );
  }
  const root = join(folder, "root");
  for (const file of readdirSync(archives).filter((each) => each.endsWith(".deb"))) {
    const { status, stderr } = spawnSync("dpkg-deb", ["-x", join(archives, file), root], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${file} can't be unpacked: ${stderr.slice(-300)}`);
  }
  chmodSync(root, 0o755);
  return root;
}

/** For what runs from there: its libraries. */
export function environmentOf(root: string): NodeJS.ProcessEnv {
  const folders = ["usr/lib", "lib"].flatMap((lib) => {
    const machines = existsSync(join(root, lib)) ? readdirSync(join(root, lib)) : [];
    return machines.filter((each) => each.endsWith("-linux-gnu")).map((each) => join(root, lib, each));
  });
  return { ...process.env, LD_LIBRARY_PATH: folders.join(":") };
}
