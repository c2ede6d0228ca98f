// Judges a soak by text alone: ledgers and a dump of the tables in, violations of I1 to I10 and figures out.
// Imports nothing of Quern: whoever checks a promise must not ask the one who made it.
import { readHistory } from "./history.mjs";
import { kinds } from "./kinds.mjs";
import { crowding, drainMs, growths, percentile, recoveries, resumptions, retryDelays } from "./measures.mjs";

const drainLimitMs = 60_000;
const resumeLimitMs = 2_000;
/** This part of all attempts may be claimed ahead and given back: a loaded machine gives back one in fifty. */
const mostInVain = 0.1;
const workerLimits = { p99: 1_000, max: 2_000 };

export function check(ledgers, dump) {
  const history = readHistory(ledgers, dump);
  const violations = [];
  for (const [invariant, rule] of Object.entries(rules)) {
    for (const text of rule(history)) violations.push(`${invariant} ${text}`);
  }
  return { violations, figures: figuresOf(history, violations) };
}

const rules = {
  I1: nothingLost,
  I2: nothingUnexpected,
  I3: startedOnce,
  I4: repeatsExplained,
  I5: startsRecorded,
  I6: endsTrue,
  I7: limitsHeld,
  I8: slotsFired,
  I9: recoveredInTime,
  I10: leftClean,
};

/** Every acked id has exactly one terminal row and an `end`, or a failure its kind allows; the rest is wholly there or wholly absent. */
function* nothingLost({ tasks }) {
  const followed = new Set();
  for (const { rows, queued } of tasks.values()) {
    for (const row of [...rows, ...queued])
      if (row.parent !== null) followed.add(`${row.parent} ${row.func}`);
  }
  for (const task of tasks.values()) {
    const { id, kind, rows, queued } = task;
    if (task.standsFor !== undefined) {
      if (!isThere(tasks.get(task.standsFor)))
        yield `${id} was answered with ${task.standsFor}, which nobody acknowledged`;
      continue;
    }
    if (!task.acked && rows.length + queued.length === 0) {
      if (task.asked && task.starts.length + task.attempts.size > 0)
        yield `${id} (${kind}) is half there: it ran, but has no row`;
      continue;
    }
    if (rows.length !== 1) yield `${id} (${kind}) has ${rows.length} terminal rows`;
    if (queued.length > 0)
      yield `${id} (${kind}) is still in the queue: ${queued[0].state}, attempt ${queued[0].attempt}`;
    if (rows.length === 0 || kind === undefined) continue;
    const { outcome } = rows[0];
    if (!kinds[kind].ends.includes(outcome)) yield `${id} (${kind}) ended as ${outcome}`;
    if (outcome === "success" && !hasEnd(task)) yield `${id} (${kind}) is a success that no attempt finished`;
    const { hook } = kinds[kind];
    if (hook !== undefined && !followed.has(`${id} ${hook}`))
      yield `${id} (${kind}) ended, its hook was never queued`;
  }
}

/** Acknowledged; or its caller was told that nobody knows, and it is there. */
function isThere(task) {
  if (task === undefined || task.acked) return task !== undefined;
  return task.rejected === "QUERN_ENQUEUE_UNCERTAIN" && task.rows.length + task.queued.length > 0;
}

/** Each task comes from one intent, one injected row, one slot or one parent; never two from the same (of a slot that is I8). */
function* nothingUnexpected({ tasks, due }) {
  const slotsDue = new Set(due.map(({ schedule, slot }) => `slot ${schedule} ${slot}`));
  const origins = new Map();
  for (const task of tasks.values()) {
    const { id, rows, queued } = task;
    const row = rows[0] ?? queued[0];
    if (row === undefined) {
      if (!task.asked && task.starts.length > 0) yield `${id} ran, but nobody asked for it`;
      continue;
    }
    if (task.standsFor !== undefined) yield `${id} is there, though ${task.standsFor} was to stand for it`;
    if (task.asked || task.injected) continue;
    const origin =
      row.schedule !== null ? `slot ${row.schedule} ${row.slot}` : `hook ${row.func} of ${row.parent}`;
    const parent = tasks.get(row.parent);
    const known = row.schedule !== null ? slotsDue.has(origin) : kinds[parent?.kind]?.hook === row.func;
    if (!known) yield `${id} (${row.func}) came from nowhere`;
    if (origins.has(origin) && row.schedule === null)
      yield `${id} and ${origins.get(origin)} both came from ${origin}`;
    origins.set(origin, id);
  }
}

/** No attempt has two `start` lines. */
function* startedOnce({ tasks }) {
  for (const { id, kind, starts } of tasks.values()) {
    const seen = new Map();
    for (const start of starts) {
      const first = seen.get(start.attempt);
      if (first) yield `${id} (${kind}) attempt ${start.attempt} started in ${first.pid} and in ${start.pid}`;
      seen.set(start.attempt, start);
    }
  }
}

/** Every attempt after the first has a recorded cause for its predecessor, and the cause is in the ledgers. */
function* repeatsExplained(history) {
  const evidence = evidenceOf(history);
  const attempts = [...history.tasks.values()].flatMap((task) => [...task.attempts.values()]);
  const vain = attempts.filter(({ reason }) => reason === "no-slot").length;
  if (attempts.length >= 1_000 && vain > attempts.length * mostInVain)
    yield `${vain} of ${attempts.length} attempts were claimed ahead and found no slot`;
  for (const task of history.tasks.values()) {
    for (let attempt = 1; attempt < lastAttempt(task); attempt++) {
      const record = task.attempts.get(attempt);
      const what = `${task.id} (${task.kind}) attempt ${attempt + 1}`;
      if (record === undefined) yield `${what} has no recorded cause`;
      else if (!isExplained(task, attempt, record, evidence)) {
        yield `${what}: nothing in the ledgers tells why ${attempt} was ${record.outcome} (owner ${record.owner}, worker ${record.pid})`;
      }
    }
  }
}

function isExplained(task, attempt, { outcome, pid, owner, stopped, reason }, evidence) {
  const said = task.said.get(attempt) ?? {};
  const started = task.starts.some((start) => start.attempt === attempt);
  switch (outcome) {
    case "failed":
      return said.throw !== undefined;
    case "snoozed":
      return said.snooze !== undefined;
    case "timeout":
      return kinds[task.kind]?.timesOut === true;
    case "crashed":
      return evidence.died(pid, stopped);
    case "lost":
      return evidence.cutOff(owner, stopped) || evidence.starved(owner, stopped);
    case "released":
      if (kinds[task.kind]?.unknown || evidence.stopped(owner, stopped) || evidence.gone(pid, stopped))
        return true;
      // Claimed ahead by a cluster that then was slower than it had been. How many may be is asked of all together.
      if (!started && reason === "no-slot") return true;
      // Claimed and never sent: its slot went with a worker, or the answer to the claim was lost. Or sent and never begun.
      return (
        !started &&
        (evidence.lostWorker(owner, stopped) ||
          evidence.cutOff(owner, stopped) ||
          evidence.away(stopped) ||
          evidence.held(pid, stopped))
      );
    default:
      return false;
  }
}

// What the ledgers know of the ends of workers and clusters, and since when; a cause comes before what it explains.
function evidenceOf({ tasks, faults, others, waits, clusterOfWorker, clusterOfOwner, run }) {
  const dead = new Map();
  const gone = new Map();
  const losers = new Map();
  const holds = [];
  const note = (map, pid, wall) => map.set(pid, Math.min(wall, map.get(pid) ?? wall));
  const lose = (pid, wall, died, cluster = clusterOfWorker.get(pid)) => {
    if (died) note(dead, pid, wall);
    note(gone, pid, wall);
    note(losers, cluster, wall);
  };
  for (const { kind, pid, signal, wall, until } of faults) {
    if (kind === "worker-kill") lose(pid, wall, true);
    // It says itself whose it is, for it begins nothing by which that could be known.
    if (kind === "worker-leave") lose(pid, wall, false, signal);
    if (kind === "worker-stop") holds.push({ pid, from: wall, to: until?.wall });
  }
  for (const { kind, starts, said } of tasks.values()) {
    const { deadly, timesOut, retires, blocks } = kinds[kind] ?? {};
    if (blocks)
      for (const { attempt, pid, wall } of starts)
        holds.push({ pid, from: wall, to: said.get(attempt)?.end?.wall });
    if (!deadly && !timesOut && !retires) continue;
    for (const { attempt, pid, wall } of starts) if (!said.get(attempt)?.end) lose(pid, wall, deadly);
  }
  const crowded = crowding({ others });
  const before = (map, key, wall) => map.get(key) <= wall;
  const hits = (owner, wall, ...whats) => {
    const sentinel = clusterOfOwner.get(owner);
    return faults.filter((fault) => {
      const concerns = fault.pid === sentinel || fault.kind === "lock";
      return concerns && whats.includes(fault.kind) && fault.wall <= wall;
    });
  };
  return {
    died: (pid, wall) => before(dead, pid, wall),
    gone: (pid, wall) => before(gone, pid, wall),
    lostWorker: (owner, wall) => before(losers, clusterOfOwner.get(owner), wall),
    stopped: (owner, wall) => hits(owner, wall, "cluster-term").length > 0,
    // A worker that is stopped, or blocked by a task, begins nothing; what it was sent is given back within two leases.
    held: (pid, wall) =>
      holds.some(
        (hold) => hold.pid === pid && hold.from <= wall && wall <= (hold.to ?? wall) + 2 * run.leaseMs,
      ),
    // Where others have most of the machine, a sentinel that was kept from the processors for a whole lease of the last two might as
    // well have been stopped. Looks are seconds apart on such a machine.
    starved: (owner, wall) => {
      if (crowded < 2) return false;
      const looks = waits.get(clusterOfOwner.get(owner)) ?? [];
      const before = looks.findLast((look) => look.wall <= wall - 2 * run.leaseMs) ?? looks[0];
      const after = looks.find((look) => look.wall >= wall) ?? looks.at(-1);
      return before !== undefined && after.ms - before.ms >= run.leaseMs;
    },
    // With the server, or the wire to it, goes the answer to a claim. It explains no attempt that was counted.
    away: (wall) =>
      faults.some(
        ({ kind, wall: from, until }) =>
          kind.startsWith("server-") && from <= wall && wall <= (until?.wall ?? wall) + 2 * run.leaseMs,
      ),
    // What is stopped or locked out for a while is cut off only for so long, and what its leases then need to run out.
    cutOff: (owner, wall) =>
      hits(owner, wall, "sentinel-kill", "sentinel-stop", "lock").some(
        ({ kind, until }) =>
          kind === "sentinel-kill" || until === null || wall <= until.wall + 2 * run.leaseMs,
      ),
  };
}

/** Every `start` has its attempt record; one without a `start` never reached a worker's function. */
function* startsRecorded({ tasks }) {
  const unstarted = ["released", "crashed", "lost", "quarantined", "cancelled"];
  for (const { id, kind, starts, attempts } of tasks.values()) {
    const started = new Set(starts.map(({ attempt }) => attempt));
    for (const attempt of started)
      if (!attempts.has(attempt)) yield `${id} (${kind}) attempt ${attempt} started, but has no record`;
    for (const [attempt, { outcome }] of attempts) {
      if (!started.has(attempt) && !unstarted.includes(outcome)) {
        yield `${id} (${kind}) attempt ${attempt} is recorded as ${outcome}, but never started`;
      }
    }
  }
}

/** A success has the `end` of its attempt; the terminal attempt is the greatest; nothing starts after the terminal commit. */
function* endsTrue({ tasks }) {
  for (const task of tasks.values()) {
    const { id, kind, starts, rows } = task;
    for (const { outcome, attempt, stopped } of rows) {
      if (outcome === "success" && hasEnd(task) && task.said.get(attempt)?.end === undefined) {
        yield `${id} (${kind}) is a success of attempt ${attempt}, which did not finish`;
      }
      const last = lastAttempt(task);
      if (last > attempt) yield `${id} (${kind}) ended with attempt ${attempt}, but there was a ${last}`;
      const late = starts.find(({ wall }) => wall > stopped);
      if (late)
        yield `${id} (${kind}) attempt ${late.attempt} started ${late.wall - stopped} ms after the task had ended`;
    }
  }
}

/** What was cancelled before its start never starts; of tasks with one unique key one is queued, and one runs. */
function* limitsHeld({ tasks }) {
  const byKey = new Map();
  for (const task of tasks.values()) {
    const { id, kind, key, cancelled, starts } = task;
    const late = cancelled?.answer === "cancelled" && starts.find(({ mono }) => mono > cancelled.mono);
    if (late) yield `${id} (${kind}) attempt ${late.attempt} started after it was cancelled`;
    if (key) byKey.set(key, [...(byKey.get(key) ?? []), task]);
  }
  for (const [key, those] of byKey) {
    yield* overlaps(`two tasks of the unique key ${key} were in the queue`, those.flatMap(queuedSpan));
    yield* overlaps(`two attempts of the unique key ${key} ran at once`, those.flatMap(runningSpans));
  }
}

const queuedSpan = ({ id, rows }) =>
  rows.map(({ enqueued, stopped }) => ({ what: id, from: enqueued, to: stopped }));

function runningSpans({ id, starts, said, attempts }) {
  return starts.map(({ attempt, wall }) => {
    const { stopped, outcome } = attempts.get(attempt) ?? { stopped: wall };
    const ended = Object.values(said.get(attempt) ?? {}).map((at) => at.wall);
    return {
      what: `${id} attempt ${attempt}`,
      from: wall,
      to: Math.min(stopped, ...ended),
      excused: outcome === "lost",
    };
  });
}

function* overlaps(complaint, spans) {
  let open;
  for (const span of spans.sort((a, b) => a.from - b.from)) {
    if (open && span.from < open.to && !span.excused && !open.excused)
      yield `${complaint}: ${open.what}, ${span.what}`;
    if (!open || span.to > open.to) open = span;
  }
}

/** Every slot of every schedule fired exactly once. */
function* slotsFired({ due, tasks }) {
  const fired = firedSlots(tasks);
  for (const { schedule, slot } of due) {
    const times = fired.get(`${schedule} ${slot}`) ?? 0;
    if (times !== 1) yield `slot ${slot} of ${schedule} fired ${times} times`;
  }
}

function firedSlots(tasks) {
  const fired = new Map();
  for (const { rows, queued } of tasks.values()) {
    const row = rows[0] ?? queued[0];
    if (row === undefined || row.schedule === null) continue;
    const slot = `${row.schedule} ${row.slot}`;
    fired.set(slot, (fired.get(slot) ?? 0) + 1);
  }
  return fired;
}

/** What a kill interrupted starts again in time, the queue drains, retries come back spread. Limits are those of what others left of the machine. */
function* recoveredInTime(history) {
  const { leaseMs, renewMs } = history.run;
  const slack = history.run.slack * crowding(history);
  const sentinelLimit = leaseMs + 2 * renewMs + 2_000;
  const { worker, sentinel } = recoveries(history);
  for (const [what, found, limit] of [
    ["worker", worker, workerLimits.max],
    ["sentinel", sentinel, sentinelLimit],
  ]) {
    for (const { id, attempt, tookMs } of found) {
      if (tookMs > limit * slack)
        yield `${id} attempt ${attempt} started ${Math.round(tookMs)} ms after its ${what} was killed`;
    }
  }
  const p99 = percentile(
    worker.map(({ tookMs }) => tookMs),
    0.99,
  );
  if (worker.length >= 100 && p99 > workerLimits.p99 * slack)
    yield `p99 from the kill of a worker to the next start is ${Math.round(p99)} ms`;

  for (const tookMs of resumptions(history)) {
    if (tookMs > resumeLimitMs * slack)
      yield `work went on ${Math.round(tookMs)} ms after the server was back`;
  }

  const drain = drainMs(history);
  if (drain > drainLimitMs) yield `drained ${Math.round(drain / 1000)} s after the last fault`;

  const { delays, buckets, fullest } = retryDelays(history);
  if (delays >= 100 && fullest > (3 * delays) / buckets)
    yield `${fullest} of ${delays} retries came in one tenth of their delay`;
}

/** The file is sound, no process of the run lives, none died by itself, and none grew. */
function* leftClean(history) {
  const { integrity, alive, ended, faults } = history;
  if (integrity.join() !== "ok") yield `integrity_check says: ${integrity.join(", ") || "nothing"}`;
  for (const { pid, what } of alive) yield `${what} ${pid} still lives`;
  for (const { pid, code, signal } of ended) {
    const killed = faults.some((fault) => fault.kind === "sentinel-kill" && fault.pid === pid);
    if (!killed && code !== "0") yield `cluster ${pid} ended with ${code} ${signal}, and nobody killed it`;
  }
  for (const { pid, descriptors, rssKb } of growths(history)) {
    if (descriptors > 20) yield `process ${pid} holds ${descriptors} descriptors more than it did`;
    if (rssKb > 64 * 1024) yield `process ${pid} grew by ${Math.round(rssKb / 1024)} MB`;
  }
}

function figuresOf(history, violations) {
  const count = (invariant) => violations.filter((one) => one.startsWith(`${invariant} `)).length;
  const took = recoveries(history).worker.map(({ tookMs }) => tookMs);
  const rounded = (part) => (took.length === 0 ? null : Math.round(percentile(took, part)));
  const fired = [...firedSlots(history.tasks).values()];
  const known = new Set(firedSlots(history.tasks).keys());
  return {
    lost: count("I1"),
    unexpected: count("I2"),
    doubleStarts: count("I3"),
    unexplained: count("I4"),
    ...repeats(history),
    slots: {
      due: history.due.length,
      fired: fired.length,
      double: fired.filter((times) => times > 1).length,
      missed: history.due.filter(({ schedule, slot }) => !known.has(`${schedule} ${slot}`)).length,
    },
    recovery: { p50: rounded(0.5), p99: rounded(0.99), max: rounded(1) },
    resumedMs: resumptions(history).map(Math.round),
    drain: drainMs(history),
    crowding: Math.round(10 * crowding(history)) / 10,
    rssSlope: Math.max(0, ...growths(history).map(({ kbPerMinute }) => kbPerMinute)),
  };
}

// Attempts that ran although an earlier one had begun and did not throw; and those that finished after they had lost their lease.
function repeats({ tasks }) {
  let explainedDuplicates = 0;
  let staleRefused = 0;
  for (const { starts, attempts, said } of tasks.values()) {
    for (const { attempt } of starts) {
      const outcome = attempts.get(attempt)?.outcome;
      if (["crashed", "lost", "released"].includes(outcome)) explainedDuplicates++;
      if (outcome === "lost" && said.get(attempt)?.end !== undefined) staleRefused++;
    }
  }
  return { explainedDuplicates, staleRefused };
}

const hasEnd = ({ said }) => [...said.values()].some(({ end }) => end !== undefined);

const lastAttempt = ({ starts, attempts, rows }) =>
  Math.max(
    0,
    ...attempts.keys(),
    ...starts.map(({ attempt }) => attempt),
    ...rows.map(({ attempt }) => attempt),
  );
