// What /proc tells of processes: whether they live, whose child they are, what they hold.
import { readdirSync, readFileSync } from "node:fs";

/** A zombie is dead, although kill(pid, 0) answers for it. */
export function isAlive(pid) {
  const state = statOf(pid)?.[0];
  return state !== undefined && state !== "Z" && state !== "X";
}

export function parentOf(pid) {
  return Number(statOf(pid)?.[1]);
}

/** Every living process whose environment has this setting, but not this one: all that a run ever started. */
export function pidsWith(name, value) {
  const pids = readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
  return pids.filter((pid) => {
    const environment = pid === process.pid ? undefined : read(`/proc/${pid}/environ`);
    return environment?.split("\0").includes(`${name}=${value}`) && isAlive(pid);
  });
}

/** For how many milliseconds its main thread has waited, ready to run, because others had the processors. */
export function waitedMs(pid) {
  return Number(read(`/proc/${pid}/schedstat`)?.split(" ")[1] ?? Number.NaN) / 1e6;
}

/** Resident memory and open descriptors; undefined when it has gone. */
export function usageOf(pid) {
  const pages = read(`/proc/${pid}/statm`)?.split(" ")[1];
  try {
    return pages && { rssKb: Number(pages) * 4, descriptors: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}

/** What part of the machine processes have used since the last call that do not descend from this one. Undefined the first time. */
export function othersShare() {
  let last;
  return () => {
    const words = read("/proc/stat")?.split("\n", 1)[0].split(/\s+/).slice(1, 9).map(Number) ?? [];
    const total = words.reduce((sum, ticks) => sum + ticks, 0);
    const busy = total - words[3] - words[4];
    const stats = new Map();
    for (const entry of readdirSync("/proc"))
      if (/^\d+$/.test(entry)) stats.set(Number(entry), statOf(entry));
    const isOurs = (pid) => pid === process.pid || (pid > 1 && isOurs(Number(stats.get(pid)?.[1] ?? 0)));
    const now = { total, busy, ours: new Map() };
    for (const [pid, stat] of stats)
      if (isOurs(pid)) now.ours.set(pid, Number(stat?.[11]) + Number(stat?.[12]));
    const before = last;
    last = now;
    if (before === undefined || total === before.total) return undefined;
    const spent = [...now.ours].map(([pid, ticks]) => ticks - (before.ours.get(pid) ?? 0));
    const used = spent.reduce((sum, ticks) => sum + ticks, 0);
    return Math.max(0, (busy - before.busy - used) / (total - before.total));
  };
}

// State, parent and what follows: behind the name, which may hold spaces and brackets.
function statOf(pid) {
  const text = read(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ");
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
