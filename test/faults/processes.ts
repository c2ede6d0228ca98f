// What /proc tells of processes: who lives, who is whose child, who is stopped, what they hold.
import { readdirSync, readFileSync } from "node:fs";

/** A zombie is dead, although kill(pid, 0) answers for it. */
export function isAlive(pid: number): boolean {
  const state = statOf(pid)?.[0];
  return state !== undefined && state !== "Z" && state !== "X";
}

export function isStopped(pid: number): boolean {
  return statOf(pid)?.[0] === "T";
}

export function childrenOf(pid: number): number[] {
  return everyPid().filter((each) => Number(statOf(each)?.[1]) === pid && isAlive(each));
}

/** Every living process whose environment has this setting: all that a run ever started, orphans too. */
export function pidsWith(name: string, value: string): number[] {
  return everyPid().filter((pid) => {
    const environment = pid === process.pid ? undefined : read(`/proc/${pid}/environ`);
    return environment?.split("\0").includes(`${name}=${value}`) === true && isAlive(pid);
  });
}

/** Processor time that a process has used, in ms: user and system, counted in hundredths of a second. */
export function processorMs(pid: number): number {
  const [, , , , , , , , , , , user = 0, system = 0] = statOf(pid) ?? [];
  return 10 * (Number(user) + Number(system));
}

export function residentBytes(pid: number): number {
  return Number(read(`/proc/${pid}/statm`)?.split(" ")[1] ?? 0) * 4_096;
}

function everyPid(): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0);
}

// State, parent and what follows: behind the name, which may hold spaces and brackets.
function statOf(pid: number): string[] | undefined {
  const text = read(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ");
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // It has gone meanwhile.
  }
}
