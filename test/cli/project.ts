// A project in a folder of its own, and the built `quern` command run in it: awaited by what it says, never by the clock alone.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bin = join(root, "dist/cli/bin.js");
const deadlineMs = 30_000;

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Task functions that most of these tests can use. */
export const usualConfig = `
  import { Quern, task } from "quern";
  const add = task("math.add", ({ a, b }, { log, progress }) => {
    log("adding");
    progress(0.5, "half");
    return a + b;
  });
  const sleep = task("sleep", async ({ ms }, { signal }) => {
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); });
    });
    signal.throwIfAborted();
    return "slept";
  });
  const bad = task("bad", { retry: 1 }, () => { throw new TypeError("always bad"); });
  export { add, sleep, bad };
  export default new Quern({ tasks: [add, sleep, bad], workers: 1, concurrency: 5, database: "sqlite:quern.db" });
`;

export class Project {
  readonly folder: string;
  readonly #running = new Set<ChildProcess>();

  constructor(config?: string, file = "quern.config.mjs") {
    this.folder = mkdtempSync(join(tmpdir(), "quern-cli-"));
    mkdirSync(join(this.folder, "node_modules"));
    symlinkSync(root, join(this.folder, "node_modules/quern"));
    this.write("package.json", '{ "type": "module" }');
    if (config !== undefined) this.write(file, config);
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  files(): string[] {
    return readdirSync(this.folder).sort();
  }

  start(words: readonly string[], env: Record<string, string> = {}): Running {
    return this.#spawn([bin, ...words], env);
  }

  /** Lines of a shell that knows `quern`. */
  shell(lines: string, env: Record<string, string> = {}): Running {
    return this.#spawn(["-c", `quern() { "${process.execPath}" "${bin}" "$@"; }; ${lines}`], env, "/bin/sh");
  }

  quern(...words: string[]): Promise<Ended> {
    return this.start(words).ended;
  }

  /** What `quern … --json` printed. Fails when it printed nothing of the kind. */
  async json<T>(...words: string[]): Promise<T> {
    const { out, err } = await this.quern(...words, "--json");
    try {
      return JSON.parse(out) as T;
    } catch (error) {
      throw new Error(`no JSON: ${out}${err}`, { cause: error });
    }
  }

  /** Runs lines of an application of this project; `quern` and the module's other exports are there. Answers what it printed. */
  async script(lines: string): Promise<string> {
    const text = `const { default: quern, ...tasks } = await import("./quern.config.mjs"); ${lines}; await quern.close();`;
    const { code, out, err } = await this.#spawn(["--input-type=module", "-e", text], {}).ended;
    if (code !== 0) throw new Error(`the script failed: ${err}`);
    return out;
  }

  /** Ends what still runs, and removes the folder. */
  async remove(): Promise<void> {
    const ends = [...this.#running].map((child) => new Promise((resolve) => child.once("exit", resolve)));
    for (const child of this.#running) child.kill("SIGKILL");
    await Promise.all(ends);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  #spawn(words: readonly string[], env: Record<string, string>, command: string = process.execPath): Running {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(QUERN_|NODE_|VITEST|VITE_|FORCE_COLOR|npm_)/.test(name),
    );
    const child = spawn(command, words, {
      cwd: this.folder,
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#running.add(child);
    child.once("exit", () => this.#running.delete(child));
    return new Running(child);
  }
}

export class Running {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #out = "";
  #err = "";
  #heard = (): void => {};

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on("data", (chunk: Buffer) => {
      this.#out += chunk.toString();
      this.#heard();
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      this.#err += chunk.toString();
      this.#heard();
    });
    this.ended = new Promise((resolve) => {
      const late = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
      child.once("close", (code) => {
        clearTimeout(late);
        resolve({ code, out: this.#out, err: this.#err });
        this.#heard();
      });
    });
  }

  /** What it has printed so far. */
  get out(): string {
    return this.#out;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves when it has said this; fails when it ends without. */
  async says(what: RegExp): Promise<void> {
    while (!what.test(this.#out + this.#err)) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`it ended without saying ${what}: ${this.#out}${this.#err}`);
      }
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }
}
