// libfaketime: the wall clock of whole processes, which a test sets while they run; their monotonic clock is left alone.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const library = "libfaketime.so.1";
const fetchWithinMs = 20_000;

export interface FakeTime {
  /** The environment of a process that is to live in `file`'s time. */
  environment(file: string): Record<string, string>;
  /** How far its clock is from ours, from now on. */
  step(file: string, seconds: number): void;
  remove(): void;
}

/** From the system, or as a Debian package, which needs no root. Else in a few words why not. */
export function findFakeTime(): FakeTime | string {
  const installed = pathIn("/usr/lib");
  if (installed !== undefined) return fakeTime(installed, () => {});
  const folder = mkdtempSync(join(tmpdir(), "quern-faketime-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const options = { cwd: folder, timeout: fetchWithinMs };
  const fetched = spawnSync("apt-get", ["download", "libfaketime"], options).status === 0;
  const [file] = readdirSync(folder);
  if (fetched && file !== undefined && spawnSync("dpkg-deb", ["-x", file, "."], options).status === 0) {
    const found = pathIn(join(folder, "usr/lib"));
    if (found !== undefined) return fakeTime(found, remove);
  }
  remove();
  return "libfaketime is not installed here and can't be fetched: apt-get install libfaketime";
}

function pathIn(lib: string): string | undefined {
  for (const machine of readdirSync(lib)) {
    const folder = join(lib, machine, "faketime");
    try {
      if (readdirSync(folder).includes(library)) return join(folder, library);
    } catch {
      // No such folder: another machine's libraries.
    }
  }
  return undefined;
}

function fakeTime(path: string, remove: () => void): FakeTime {
  return {
    environment: (file) => ({
      LD_PRELOAD: path,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    }),
    step: (file, seconds) => writeFileSync(file, `${seconds < 0 ? "" : "+"}${seconds}s\n`),
    remove,
  };
}
