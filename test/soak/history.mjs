// Reads the ledgers and the dump of a soak into one history: what was asked for, what ran, what the tables say.
import { kinds } from "./kinds.mjs";

/** The harness itself went wrong: there is no verdict. */
export class HarnessError extends Error {}

/** `ledgers`: texts of whole lines. `dump`: the text dump.mjs makes. */
export function readHistory(ledgers, dump) {
  const history = {
    tasks: new Map(),
    faults: [],
    clusters: new Map(),
    ended: [],
    due: [],
    slots: [],
    samples: new Map(),
    others: [],
    waits: new Map(),
    alive: [],
    integrity: [],
    run: { leaseMs: 3_000, renewMs: 1_000, retryMs: 1_000, slack: 1 },
    startsByPid: new Map(),
    clusterOfWorker: new Map(),
    clusterOfOwner: new Map(),
  };
  for (const text of ledgers) readLedger(history, text);
  for (const line of linesOf(dump)) {
    const [table, ...cells] = line.split(" ");
    const read = rowReaders[table];
    if (read === undefined) throw new HarnessError(`a line of the dump that nobody knows: ${line}`);
    read(history, ...cells.map((cell) => (cell === "-" ? null : cell)));
  }
  for (const task of history.tasks.values()) join(history, task);
  return history;
}

function readLedger(history, text) {
  for (const line of linesOf(text)) {
    const [mono, wall, verb, ...args] = line.split(" ");
    const read = Object.hasOwn(lineReaders, verb ?? "") ? lineReaders[verb] : undefined;
    // Two lines run into one show in the number of words: at most one word of a line may be left out.
    const spare = read === undefined ? -1 : args.length - (read.length - 2);
    if (spare < 0 || spare > 1 || !(Number(mono) > 0) || !(Number(wall) > 0)) {
      throw new HarnessError(`a torn line in a ledger: ${JSON.stringify(line)}`);
    }
    read(history, { mono: Number(mono), wall: Number(wall) }, ...args);
  }
}

function* linesOf(text) {
  if (text === "") return;
  if (!text.endsWith("\n")) throw new HarnessError(`a torn last line: ${JSON.stringify(text.slice(-100))}`);
  for (let from = 0; from < text.length; ) {
    const to = text.indexOf("\n", from);
    yield text.slice(from, to);
    from = to + 1;
  }
}

function taskOf(history, id) {
  let task = history.tasks.get(id);
  if (task === undefined) {
    task = { id, kind: undefined, starts: [], said: new Map(), rows: [], queued: [], attempts: new Map() };
    history.tasks.set(id, task);
  }
  return task;
}

// What an attempt says of itself, and when: `end`, `throw`, `snooze` and `abort`, the first of each.
const saying = (verb) => (history, at, id, attempt) => {
  const task = taskOf(history, id);
  const said = task.said.get(Number(attempt)) ?? {};
  task.said.set(Number(attempt), said);
  said[verb] ??= at;
};

const lineReaders = {
  run: (history, _at, name, value) => {
    history.run[name] = Number(value);
  },
  intent: (history, _at, id, kind, key = null) => {
    if (!Object.hasOwn(kinds, kind)) throw new HarnessError(`an intent of a kind that nobody knows: ${kind}`);
    Object.assign(taskOf(history, id), { kind, key, asked: true });
  },
  acked: (history, _at, id, standsFor = id) => {
    Object.assign(taskOf(history, id), standsFor === id ? { acked: true } : { standsFor });
  },
  rejected: (history, _at, id, code) => {
    taskOf(history, id).rejected = code;
  },
  injected: (history, _at, id) => {
    Object.assign(taskOf(history, id), { kind: "unreadable", injected: true, acked: true });
  },
  start: (history, at, id, attempt, pid, sentinel) => {
    const task = taskOf(history, id);
    const start = { ...at, task, attempt: Number(attempt), pid };
    task.starts.push(start);
    if (!history.startsByPid.has(pid)) history.startsByPid.set(pid, []);
    history.startsByPid.get(pid).push(start);
    if (!history.clusterOfWorker.has(pid)) history.clusterOfWorker.set(pid, sentinel);
  },
  end: saying("end"),
  throw: saying("throw"),
  snooze: saying("snooze"),
  abort: saying("abort"),
  cancelled: (history, at, id, answer = "cancelled") => {
    taskOf(history, id).cancelled = { ...at, answer };
  },
  fault: (history, at, kind, pid, signal) => {
    history.faults.push({ ...at, kind, pid, signal, until: null });
  },
  "fault-end": (history, at, kind, pid) => {
    const fault = history.faults.findLast((one) => one.kind === kind && one.pid === pid);
    if (fault === undefined) throw new HarnessError(`the end of a fault that never began: ${kind} ${pid}`);
    fault.until = at;
  },
  cluster: (history, at, pid) => {
    history.clusters.set(pid, at);
  },
  "cluster-end": (history, at, pid, code, signal) => {
    history.ended.push({ ...at, pid, code, signal });
  },
  due: (history, _at, schedule, slot) => {
    history.due.push({ schedule, slot });
  },
  sample: (history, at, pid, rssKb, descriptors) => {
    if (!history.samples.has(pid)) history.samples.set(pid, []);
    history.samples.get(pid).push({ ...at, rssKb: Number(rssKb), descriptors: Number(descriptors) });
  },
  waited: (history, at, pid, ms) => {
    if (!history.waits.has(pid)) history.waits.set(pid, []);
    history.waits.get(pid).push({ ...at, ms: Number(ms) });
  },
  others: (history, _at, part) => {
    history.others.push(Number(part));
  },
  alive: (history, _at, pid, what) => {
    history.alive.push({ pid, what });
  },
};

const rowReaders = {
  task: (history, id, state, outcome, attempt, enqueued, stopped, func, parent, schedule, slot) => {
    const moments = { enqueued: Number(enqueued), stopped: Number(stopped) };
    taskOf(history, id).rows.push({
      state,
      outcome,
      attempt: Number(attempt),
      ...moments,
      func,
      parent,
      schedule,
      slot,
    });
  },
  queue: (history, id, state, attempt, func, parent, schedule, slot) => {
    taskOf(history, id).queued.push({ state, attempt: Number(attempt), func, parent, schedule, slot });
  },
  attempt: (history, id, attempt, owner, outcome, worker, stopped, reason) => {
    const pid = worker?.match(/\d+/)?.[0];
    taskOf(history, id).attempts.set(Number(attempt), {
      owner,
      outcome,
      pid,
      stopped: Number(stopped),
      reason,
    });
  },
  cluster: (history, owner, pid) => {
    history.clusterOfOwner.set(owner, pid);
  },
  slot: (history, schedule, slot, task) => {
    history.slots.push({ schedule, slot, task });
  },
  integrity: (history, ...words) => {
    history.integrity.push(words.join(" "));
  },
};

// A row that came from a hook or a slot has no intent to tell its kind; an owner whose row is gone is known by its workers.
function join(history, task) {
  const row = task.rows[0] ?? task.queued[0];
  if (task.kind === undefined && row !== undefined) {
    if (row.schedule !== null) task.kind = "slot";
    else if (row.parent !== null) task.kind = "hooked";
  }
  task.starts.sort((a, b) => a.mono - b.mono);
  for (const start of task.starts) {
    const record = task.attempts.get(start.attempt);
    if (record === undefined) continue;
    record.pid ??= start.pid;
    if (!history.clusterOfOwner.has(record.owner)) {
      history.clusterOfOwner.set(record.owner, history.clusterOfWorker.get(start.pid));
    }
  }
}
