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

/** Resident memory and open descriptors; undefined when it has gone. */
export function usageOf(pid) {
  const pages = read(`/proc/${pid}/statm`)?.split(" ")[1];
  try {
    return pages && { rssKb: Number(pages) * 4, descriptors: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
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
