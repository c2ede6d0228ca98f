// A seed to the whole plan of a soak: every task with its id and moment, every fault with the number of tasks that have ended
// before it. Written to a file before anything starts.

/** Per 200,000 tasks; the no-ops are the rest. */
const perTasks = {
  nap: 4_000,
  flaky: 1_500,
  failing: 200,
  parent: 1_000,
  hook: 100,
  unique: 300,
  cancelled: 300,
  snoozed: 300,
  delayed: 300,
  odd: 50,
  unreadable: 20,
  unknown: 20,
};

/** What costs time grows with the length of a run, not with the number of its tasks: per 45 s. */
const perTime = {
  sleep: 150,
  cpu: 80,
  loop: 6,
  deaf: 6,
  memory: 2,
  poison: 3,
  exit: 10,
  abort: 10,
  uncaught: 10,
  rejection: 10,
};

/** Each comes every second. */
const schedules = 4;

const batch = 500;

/** The last fault comes while so many of the tasks are still to end; some of them end only behind the last fault. */
const faultsEndAt = 0.95;

/** `seconds`: in which the tasks are enqueued. `faults`: how many of each kind. */
export const profiles = {
  test: {
    tasks: 20_000,
    seconds: 3,
    faults: { "worker-kill": 9, "sentinel-kill": 1, "worker-stop": 1 },
    slack: 2,
  },
  short: {
    tasks: 200_000,
    seconds: 45,
    faults: {
      "worker-kill": 100,
      "sentinel-kill": 5,
      "cluster-term": 5,
      "sentinel-stop": 4,
      "worker-stop": 4,
      lock: 3,
    },
    slack: 1,
  },
  // A server that crashes or is stopped ten times, and comes back after up to two seconds.
  outage: {
    tasks: 50_000,
    seconds: 25,
    faults: { "server-crash": 10 },
    slack: 1,
  },
  // The same in small, for `npm test`.
  crash: {
    tasks: 5_000,
    seconds: 2,
    faults: { "worker-kill": 3, "server-crash": 2 },
    slack: 2,
  },
  // What a sabotage breaks shows after long pauses and in retries, so here are many.
  sabotage: {
    tasks: 3_000,
    more: { flaky: 120, sleep: 100 },
    seconds: 20,
    faults: { "worker-kill": 25, "sentinel-kill": 1, "sentinel-stop": 3, "worker-stop": 5 },
    pauseMs: [5_000, 8_000],
    drainMs: 30_000,
    slack: 2,
  },
  goal: {
    tasks: 10_000_000,
    seconds: 1_800,
    faults: {
      "worker-kill": 1_500,
      "sentinel-kill": 30,
      "cluster-term": 30,
      "sentinel-stop": 200,
      "worker-stop": 200,
      lock: 30,
    },
    slack: 1,
  },
};

/** First the tasks, `{ at, kind, ids, … }`, in the order of their moments, then the faults, `{ after, fault, pick, … }`, in theirs. */
export function makePlan(seed, { tasks, seconds, faults, pauseMs, more = {} }) {
  const random = randomFrom(seed);
  return [
    ...[...enqueues(random, tasks, seconds, more)].sort((a, b) => a.at - b.at),
    ...[...faultsOf(random, tasks, faults, pauseMs)].sort((a, b) => a.after - b.after),
  ];
}

function* enqueues(random, tasks, seconds, more) {
  const newId = idsFrom(random);
  const anyTime = () => Math.floor(random() * seconds * 1_000);
  let rest = tasks;
  for (const [counts, scale] of [
    [perTasks, tasks / 200_000],
    [perTime, seconds / 45],
    [more, 1],
  ]) {
    for (const [kind, count] of Object.entries(counts)) {
      for (let left = Math.max(1, Math.round(count * scale)); left > 0; left--, rest--) {
        yield { at: anyTime(), kind, ids: [newId()], ...detailsOf(kind, random, newId) };
      }
    }
  }
  // How many tasks they make follows from the length of the run; they are beside those that are enqueued.
  for (let left = schedules; left > 0; left--) yield { at: 0, kind: "slot", seconds };
  for (; rest > 0; rest -= batch) {
    yield { at: anyTime(), kind: "noop", ids: Array.from({ length: Math.min(batch, rest) }, newId) };
  }
}

function detailsOf(kind, random, newId) {
  const between = (from, to) => Math.round(from + random() * (to - from));
  switch (kind) {
    case "nap":
      return { input: between(1, 50) };
    case "sleep":
      return { input: between(500, 2_000) };
    case "cpu":
      return { input: between(50, 300) };
    case "flaky":
      return { input: between(1, 3) };
    case "parent":
      return { input: newId() };
    case "unique":
      return { unique: `key-${between(1, 20)}` };
    case "delayed":
      return { delay: between(200, 3_000) };
    case "cancelled": // half of them before they may start, half of them when they probably run
      return random() < 0.5
        ? { delay: 2_000, cancelAfter: between(0, 500) }
        : { cancelAfter: between(50, 1_500) };
    default:
      return {};
  }
}

// Deaths of workers come evenly. What concerns a whole cluster comes in turns, so that seldom both clusters are away.
function* faultsOf(random, tasks, counts, pauseMs) {
  const span = tasks * faultsEndAt;
  const { "worker-kill": kills = 0, "worker-stop": pauses = 0, ...ofClusters } = counts;
  const inTurns = shuffled(
    random,
    Object.entries(ofClusters).flatMap(([kind, count]) => Array(count).fill(kind)),
  );
  for (const kinds of [Array(kills).fill("worker-kill"), Array(pauses).fill("worker-stop"), inTurns]) {
    for (const [index, fault] of kinds.entries()) {
      const after = Math.round(((index + 0.25 + random() / 2) * span) / kinds.length);
      yield { after, fault, pick: random(), ...durationOf(fault, random, pauseMs) };
    }
  }
}

// A pause lasts from less than a lease to more than one.
function durationOf(fault, random, [shortest, longest] = [1_500, 4_500]) {
  if (fault === "lock") return { forMs: 2_000 };
  if (fault === "server-crash") return { forMs: Math.round(random() * 2_000) };
  if (!fault.endsWith("-stop")) return {};
  return { forMs: Math.round(shortest + random() * (longest - shortest)) };
}

function shuffled(random, list) {
  return list
    .map((item) => [random(), item])
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}

// A UUIDv7 of the plan's own time and chance: the same seed gives the same ids.
function idsFrom(random) {
  let moment = Date.UTC(2026, 0, 1);
  const hex = (digits) =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, "0");
  return () => {
    const time = (moment++).toString(16).padStart(12, "0");
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-${"89ab"[Math.floor(random() * 4)]}${hex(3)}-${hex(6)}${hex(6)}`;
  };
}

// mulberry32: small, and good enough to mix a plan.
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
