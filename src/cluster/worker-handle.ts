// The parent's side of a worker process: fork, send, hear, kill, and say how it ended.
import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { WorkerStatus } from "../core/cluster-status.ts";
import { type Clock, nextTurn } from "../core/clock.ts";
import { encodeError } from "../core/codec.ts";
import { type AttemptKey, type FromWorker, heardIn, type ToWorker } from "./messages.ts";
import { Slate } from "./slate.ts";

/** What a sentinel does with a worker, be it a process or, with workers: 0, part of its own. */
export interface WorkerHandle {
  readonly pid: number;
  /** For people, in attempt records and lists. */
  readonly label: string;
  readonly slots: number;
  /** Forked for one task that must be alone. */
  readonly alone: boolean;
  state: WorkerStatus["state"] | "ended";
  /** The attempts in hand; the sentinel keeps it. */
  readonly running: Set<AttemptKey>;
  /** Which of them have begun; null: it says so itself. */
  readonly slate: Slate | null;
  /** For a whole lease it has not begun what it was sent. It gets no more before it is heard of. */
  stuck: boolean;
  done: number;
  /** Events that its project module listens to. */
  listens: ReadonlySet<string>;
  send(message: ToWorker): void;
  /** Resident memory in bytes; null where it can't be read. */
  rss(): number | null;
  /** Ends it now, with everything it started. False: it can't be killed, because it is this process. */
  kill(): boolean;
}

/** How a worker ended: what it said of itself, and what the system says. */
export interface WorkerEnd {
  reason: string;
  outOfMemory: boolean;
  /** By us. */
  killed: boolean;
  culprit: AttemptKey | null;
  /** What kept it from starting, encoded. */
  unusable: string | null;
}

export interface WorkerEvents {
  message(worker: WorkerHandle, message: FromWorker): void;
  /** Its process has ended and its channel is empty: nothing more will come. */
  ended(worker: WorkerHandle, end: WorkerEnd): void;
}

export interface ForkOptions {
  project: string;
  slots: number;
  alone: boolean;
  execArgv: readonly string[] | undefined;
  events: WorkerEvents;
  clock: Clock;
}

const exitWithinMs = 200;
const entry = fileURLToPath(new URL("./worker/main.js", import.meta.url));
const keptStderr = 8 * 1024;
/** In MB. Of V8's own 16 a worker takes three times as much after a while, however little its tasks need. See decision 17. */
const semiSpace = "--max-semi-space-size=4";
/** Behind stdin, stdout, stderr and the channel. */
const slateDescriptor = 4;

/** Of two arguments that contradict each other V8 takes the later one. */
export function nodeArguments(given: readonly string[]): string[] {
  return [semiSpace, ...given];
}

export class ForkedWorker implements WorkerHandle {
  readonly slots: number;
  readonly alone: boolean;
  readonly running: Set<AttemptKey> = new Set();
  readonly slate: Slate = new Slate();
  stuck = false;
  state: WorkerHandle["state"] = "starting";
  done = 0;
  listens: ReadonlySet<string> = new Set();
  /** Undefined: the system had no room for it. */
  readonly #child: ChildProcess | undefined;
  readonly #events: WorkerEvents;
  #stderr = "";
  #culprit: AttemptKey | null = null;
  #exitCode: number | null = null;
  #unusable: string | null = null;
  #exit: { code: number | null; signal: string | null } | undefined;
  #disconnected = false;
  #killed = false;

  constructor({ project, slots, alone, execArgv, events, clock }: ForkOptions) {
    this.slots = slots;
    this.alone = alone;
    this.#events = events;
    // Detached: a process group of its own, which a terminal's signals do not reach, and which can be killed as a whole.
    const { file } = this.slate;
    const words = [project, String(process.pid), ...(file === null ? [] : [String(slateDescriptor)])];
    try {
      this.#child = fork(entry, words, {
        detached: true,
        serialization: "json",
        stdio: ["ignore", "inherit", "pipe", "ipc", ...(file === null ? [] : [file])],
        execArgv: nodeArguments(execArgv ?? process.execArgv),
      });
      this.#listen(this.#child, clock);
    } catch (error) {
      this.#notForked(error); // Some errors of the system are thrown, others come as an event.
    }
  }

  #listen(child: ChildProcess, clock: Clock): void {
    child.stderr?.on("data", (chunk: Buffer) => {
      process.stderr.write(chunk);
      this.#stderr = (this.#stderr + chunk.toString()).slice(-keptStderr);
    });
    child.on("message", (said) => {
      const message = heardIn(said);
      if (message !== undefined) this.#heard(message);
    });
    child.on("disconnect", () => {
      this.#disconnected = true;
      // One that ended its channel but lives can't report any more. Mostly it is just about to exit, and has its own code for it.
      clock.after(exitWithinMs, () => this.#end(), { background: true });
      this.#takesNoMore();
      this.#endedWhenBoth();
    });
    child.on("exit", (code, signal) => {
      this.#killGroup(); // What its tasks started must not go on without it.
      this.#exit = { code, signal };
      if (!child.connected) this.#disconnected = true;
      this.#takesNoMore();
      // What a worker that aborts has to say is on stderr, which may be read after its exit.
      if (signal === "SIGABRT") nextTurn(() => this.#endedWhenBoth());
      else this.#endedWhenBoth();
    });
    child.on("error", (error) => {
      if (child.pid === undefined) this.#notForked(error); // Else a failed send: exit and disconnect tell the rest.
    });
  }

  /** No exit follows. */
  #notForked(error: unknown): void {
    this.#unusable = encodeError(error);
    this.#exit = { code: null, signal: null };
    this.#disconnected = true;
    queueMicrotask(() => this.#endedWhenBoth());
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get label(): string {
    return String(this.pid);
  }

  send(message: ToWorker): void {
    if (this.#child?.connected === true) this.#child.send(message, () => {});
  }

  rss(): number | null {
    try {
      return Number(readFileSync(`/proc/${this.pid}/statm`, "utf8").split(" ")[1]) * 4096;
    } catch {
      return null; // Gone, or no Linux.
    }
  }

  kill(): boolean {
    this.#killed = true;
    this.#end();
    return true;
  }

  #end(): void {
    if (this.pid === 0 || this.#exit !== undefined) return;
    if (!this.#killGroup()) this.#child?.kill("SIGKILL"); // The group is not there yet.
  }

  #killGroup(): boolean {
    try {
      return this.pid !== 0 && process.kill(-this.pid, "SIGKILL");
    } catch {
      return false;
    }
  }

  /** Tasks given to a worker that is dying would be blamed for its death. */
  #takesNoMore(): void {
    if (this.state !== "ended") this.state = "retiring";
  }

  #heard(message: FromWorker): void {
    if (message.kind === "exiting") {
      this.#culprit = message.culprit;
      this.#exitCode = message.code;
    }
    if (message.kind === "unusable") this.#unusable = message.error;
    this.stuck = false;
    if (this.state !== "ended") this.#events.message(this, message);
  }

  /** Reports that arrived by then count. `close` is not waited for: a grandchild that holds the pipes may never let go. */
  #endedWhenBoth(): void {
    if (this.#exit === undefined || !this.#disconnected || this.state === "ended") return;
    this.state = "ended";
    const { code, signal } = this.#exit;
    const outOfMemory = signal === "SIGABRT" && /heap out of memory|Allocation failed/i.test(this.#stderr);
    this.#events.ended(this, {
      reason: outOfMemory
        ? "out-of-memory"
        : (signal ?? `exited (${this.#exitCode ?? code}) before finishing`),
      outOfMemory,
      killed: this.#killed,
      culprit: this.#culprit,
      unusable: this.#unusable,
    });
    this.slate.close();
  }
}
