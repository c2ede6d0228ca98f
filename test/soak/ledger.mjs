// A process's ledger: an append-only text file outside Quern's database, one write a line, so that a SIGKILL tears none.
import { openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

const ending = ".ledger";

/** The file is made with the first line, so a process that has nothing to say leaves none. */
export class Ledger {
  #path;
  #file;

  constructor(folder, role) {
    this.#path = join(folder, `${role}-${process.pid}${ending}`);
  }

  /** Monotonic time first: its clock is one for all processes of the machine. */
  write(...words) {
    this.#file ??= openSync(this.#path, "a", 0o600);
    const [seconds, nanoseconds] = process.hrtime();
    const mono = (seconds * 1e3 + nanoseconds / 1e6).toFixed(3);
    writeSync(this.#file, `${mono} ${Date.now()} ${words.join(" ")}\n`);
  }
}

/** The pids of all processes of that role that have written a line. */
export function pidsIn(folder, role) {
  const names = readdirSync(folder).filter((name) => name.startsWith(`${role}-`) && name.endsWith(ending));
  return names.map((name) => Number(name.slice(role.length + 1, -ending.length)));
}

export function readLedgers(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  return names.map((name) => readFileSync(join(folder, name), "utf8"));
}
