// The task functions of the fault tests, by what they do to their worker, and the Quern that knows them.
import { execSync } from "node:child_process";
import { EventEmitter } from "node:events";
import { access } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../dist/core/clock.js";
import { newId } from "../../dist/core/id.js";
import { Quern, task } from "../../dist/index.js";
import { Ledger } from "../soak/ledger.mjs";
import { odd } from "./odd-values.mjs";

const forever = () => new Promise(() => {});
/** What a task does not let go of when it has ended. */
const leaked = [];

/** Every attempt writes a line when it starts, and one when it ends by itself. The kind is what the checker knows it by. */
const functions = [
  one("noop", "noop", {}, () => null),
  // Sleeps, whatever its signal says.
  one("nap", "nap", {}, (ms) => pause(ms)),
  one("sleep", "sleep", {}, (ms, { signal }) => pause(ms, null, { signal })),
  one("once", "poison", { retry: { attempts: 1 } }, (ms) => pause(ms)),
  one("briefly", "nap", { timeout: "1s" }, (ms) => pause(ms)),
  // In their first attempt they take their time; a later one answers at once, with its number.
  one("slowFirst", "nap", {}, async (ms, { attempt }) => {
    if (attempt === 1) await pause(ms);
    return attempt;
  }),
  one("slowFirstHeeds", "nap", {}, async (ms, { attempt, signal }) => {
    if (attempt === 1) await pause(ms, null, { signal });
    return attempt;
  }),
  one("slowFirstFails", "flaky", {}, async (ms, { attempt }) => {
    if (attempt > 1) return attempt;
    await pause(ms);
    throw new Error("too late");
  }),
  one("slowFirstSnoozes", "snoozed", {}, async (ms, { attempt, snooze, log, progress }) => {
    if (attempt > 1) return attempt;
    await pause(ms);
    log("too late");
    progress(1);
    snooze("100ms");
  }),
  one("alone", "nap", { isolate: true }, async (ms) => {
    await pause(ms);
    return process.pid;
  }),
  one("slot", "slot", {}, (_input, { scheduledFor }) => scheduledFor.getTime()),
  one(
    "picky",
    "slot",
    { input: { "~standard": { version: 1, vendor: "fault", validate } } },
    (number) => number,
  ),
  one("voluble", "nap", {}, async (ms, { log, progress }) => {
    log("begins");
    progress(0.5, "half way");
    await pause(ms);
    log("ends");
  }),

  one("poison", "poison", {}, async () => {
    process.kill(process.pid, "SIGKILL");
    await forever();
  }),
  one("ends", "exit", {}, async ({ how, times = 1 }, { attempt }) => {
    if (attempt > times) return;
    endings[how]();
    await forever();
  }),
  one("raises", "uncaught", { timeout: "20s" }, async (how, { id, attempt }) => {
    if (attempt > 1) return;
    ledger?.write("throw", id, attempt);
    raise[how](new Error(`raised by ${how}`));
    await forever();
  }),
  one("regrets", "nap", {}, (how) => {
    setTimeout(() => raise[how](new Error(`regretted by ${how}`)), 50);
    return "fine";
  }),
  // Nothing can tell afterwards which task it was.
  one("stranger", "nap", {}, async (ms) => {
    queueMicrotask(() => {
      throw new Error("from nowhere");
    });
    await pause(ms);
  }),

  one("loop", "loop", { timeout: "500ms", retry: 1 }, () => {
    for (;;);
  }),
  one("regexp", "loop", { timeout: "500ms", retry: 1 }, () => /^(a+)+$/.test(`${"a".repeat(35)}b`)),
  one("shell", "loop", { timeout: "500ms", retry: 1 }, (seconds) => void execSync(`sleep ${seconds}`)),
  one("endless", "deaf", { timeout: "500ms", retry: 1 }, forever),
  one("heeds", "deaf", { timeout: "500ms", retry: 1 }, (_input, { signal }) =>
    pause(60_000, null, { signal }),
  ),
  one("tidies", "nap", { timeout: "500ms", retry: 1 }, async (_input, { signal }) => {
    await pause(60_000, null, { signal }).catch(() => pause(100));
    return "tidied";
  }),
  // Without a timeout: only the end of their cluster ends them.
  one("spin", "loop", { timeout: false }, () => {
    for (;;);
  }),
  // Blocks its worker for so long, and then lets go.
  one("busy", "busy", { timeout: false }, (ms) => {
    for (const end = performance.now() + ms; performance.now() < end; );
  }),
  one("command", "loop", { timeout: false }, (seconds) => void execSync(`sleep ${seconds}`)),

  one("hoard", "memory", {}, () => {
    for (const hoard = []; ; ) hoard.push(Array.from({ length: 100_000 }, Math.random));
  }),
  one("buffers", "nap", {}, async (megabytes) => {
    leaked.push(...Array.from({ length: megabytes }, () => Buffer.alloc(1_048_576, 1)));
    await pause(300);
    return leaked.length;
  }),
  one("odd", "odd", {}, (which) => odd[which]()),
  one("oddLoop", "loop", { timeout: "500ms", retry: 1 }, () => odd.getterThatLoops()),
  one("throws", "failing", { retry: { attempts: 2, delay: "2s", jitter: true } }, (which) => {
    throw odd[which] === undefined ? new Error("x".repeat(1_000_000)) : odd[which]();
  }),
  // As libraries do that find a channel: a process manager is told "ready".
  one("says", "nap", {}, (words) => {
    for (const word of words) process.send(word);
    return "fine";
  }),
  one("big", "nap", {}, (bytes) => "b".repeat(bytes)),
  // Asks its own worker's connections for as much at once as it can.
  one("begets", "nap", {}, async (count) => {
    const ids = Array.from({ length: count }, () => newId(systemClock));
    for (const id of ids) ledger?.write("intent", id, "noop");
    const lists = Array.from({ length: count }, () => made.tasks.list({}, { limit: 1 }));
    await Promise.all([...lists, ...ids.map((id) => made.enqueue(tasks.noop, undefined, { id }))]);
    for (const id of ids) ledger?.write("acked", id);
  }),
];

/** The newest Quern of this process: in a worker, the project's. */
let made;

/** What `picky` takes: in a later version of the project it may be less. */
let least = 0;

function validate(value) {
  return value >= least ? { value } : { issues: [{ message: `it is less than ${least}` }] };
}

const endings = {
  exit0: () => process.exit(0),
  exit1: () => process.exit(1),
  abort: () => process.abort(),
  disconnect: () => process.disconnect(),
  reallyExit: () => process.reallyExit(0),
};

const raise = {
  rejection: (error) => void Promise.reject(error),
  timer: (error) => setTimeout(() => fail(error)),
  nextTick: (error) => process.nextTick(() => fail(error)),
  callback: (error) => access("/", () => fail(error)),
  emitter: (error) => setImmediate(() => new EventEmitter().emit("error", error)),
};

function fail(error) {
  throw error;
}

function isSnooze(error) {
  try {
    return error.name === "Snooze";
  } catch {
    return false; // Some of what is thrown here can't be looked at.
  }
}

let ledger;

function one(name, kind, options, run) {
  const known = task(name in Object.prototype ? name : `fault.${name}`, options, async (input, context) => {
    const { id, attempt } = context;
    ledger?.write("start", id, attempt, process.pid, process.ppid);
    try {
      const result = await run(input, context);
      ledger?.write("end", id, attempt);
      return result;
    } catch (error) {
      ledger?.write(isSnooze(error) ? "snooze" : "throw", id, attempt);
      throw error;
    }
  });
  return { name, kind, known };
}

// Without prototype: a test asks for names such as "constructor".
const byName = (entries) => Object.assign(Object.create(null), Object.fromEntries(entries));

export const tasks = byName(functions.map(({ name, known }) => [name, known]));
export const kindOf = byName(functions.map(({ name, kind }) => [name, kind]));

/** From now on the task functions of this process write to a ledger in `folder`. */
export function writeLedger(folder, role) {
  ledger = new Ledger(folder, role);
  return ledger;
}

/** `without`: names of task functions it does not know; `extra`: names of others that it does; `atLeast`: what `picky` takes. */
export function makeQuern(folder, { without = [], extra = [], atLeast = 0, ...settings } = {}) {
  least = atLeast;
  const known = functions.filter(({ name }) => !without.includes(name));
  const more = extra.map((name) => (tasks[name] ??= one(name, "unknown", {}, () => name).known));
  made = new Quern({
    tasks: [...known.map((each) => each.known), ...more],
    database: `sqlite:${join(folder, "quern.db")}`,
    workers: 2,
    concurrency: 10,
    lease: "3s",
    renew: "1s",
    stopGrace: "2s",
    killGrace: "500ms",
    saveLimit: 0,
    retry: { attempts: 5, delay: "100ms", backoff: "fixed", jitter: false },
    ...settings,
  });
  return made;
}
