// What a soak's history measures: recovery after kills, the drain, the spread of retries, the growth of processes.
import { kinds } from "./kinds.mjs";

/** How much longer work takes because processes that are none of the run's keep the machine busy, at most four times. */
export function crowding({ others }) {
  return 1 / (1 - Math.min(0.75, percentile(others, 0.5)));
}

/** From each kill to the next start of what it interrupted, without the time in which something was stopped or held the lock. */
export function recoveries(history) {
  const { faults, startsByPid, clusterOfWorker } = history;
  const frozen = frozenSpans(faults);
  const found = { worker: [], sentinel: [] };
  for (const fault of faults) {
    if (fault.kind === "worker-kill") {
      for (const start of startsByPid.get(fault.pid) ?? []) measure("worker", fault, start, "crashed");
    } else if (fault.kind === "sentinel-kill") {
      for (const [pid, starts] of startsByPid) {
        if (clusterOfWorker.get(pid) !== fault.pid) continue;
        for (const start of starts) measure("sentinel", fault, start, "lost");
      }
    }
  }
  return found;

  function measure(what, fault, { task, attempt, mono }, outcome) {
    const record = task.attempts.get(attempt);
    if (record?.outcome !== outcome || mono > fault.mono) return;
    const next = task.starts.find((start) => start.attempt > attempt);
    if (next === undefined || next.mono < fault.mono) return;
    // An attempt between the two that never started had a fault of its own; the clock of this one begins with its end.
    const between = next.attempt > attempt + 1 ? task.attempts.get(next.attempt - 1)?.stopped : undefined;
    const from = between === undefined ? fault.mono : Math.max(fault.mono, fault.mono + between - fault.wall);
    found[what].push({
      id: task.id,
      attempt: next.attempt,
      tookMs: Math.max(0, next.mono - from - overlap(frozen, from, next.mono)),
    });
  }
}

/** From each return of the server to the next start of an attempt. */
export function resumptions({ faults, tasks }) {
  const starts = [...tasks.values()]
    .flatMap((task) => task.starts.map(({ mono }) => mono))
    .sort((a, b) => a - b);
  return faults
    .filter(({ kind, until }) => kind.startsWith("server-") && until !== null)
    .flatMap(({ until }) => {
      const next = starts.find((mono) => mono > until.mono);
      if (next === undefined) return []; // Behind the last attempt there is nothing to go on with.
      // Where clusters were changed for others meanwhile it is their start that was waited for.
      const changed = faults.some(
        ({ kind, mono }) => kind === "cluster-term" && mono > until.mono && mono < next,
      );
      return changed ? [] : [next - until.mono];
    });
}

function frozenSpans(faults) {
  const spans = faults
    .filter(({ kind }) => /^(sentinel-stop|worker-stop|lock|server-.*)$/.test(kind))
    .map(({ mono, until }) => ({ from: mono, to: until?.mono ?? Number.POSITIVE_INFINITY }))
    .sort((a, b) => a.from - b.from);
  const merged = [];
  for (const span of spans) {
    const last = merged.at(-1);
    if (last && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else merged.push(span);
  }
  return merged;
}

function overlap(spans, from, to) {
  return spans.reduce((sum, span) => sum + Math.max(0, Math.min(to, span.to) - Math.max(from, span.from)), 0);
}

/** From the end of the last fault to the end of the last task. */
export function drainMs({ faults, tasks }) {
  if (faults.length === 0) return 0;
  const lastFault = Math.max(...faults.map(({ wall, until }) => until?.wall ?? wall));
  let lastEnd = lastFault;
  for (const { rows } of tasks.values()) for (const { stopped } of rows) lastEnd = Math.max(lastEnd, stopped);
  return lastEnd - lastFault;
}

/** From a throw to the next start, counted in tenths of the longest delay. With jitter they fill all ten alike. */
export function retryDelays({ tasks, run }) {
  const counts = new Map();
  let delays = 0;
  for (const { kind, starts, said, attempts } of tasks.values()) {
    if (!kinds[kind]?.spreads) continue;
    for (const { attempt, mono } of starts) {
      const thrown = said.get(attempt - 1)?.throw;
      if (thrown === undefined || attempts.get(attempt - 1)?.outcome !== "failed") continue;
      const bucket = Math.floor((10 * (mono - thrown.mono)) / run.retryMs);
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
      delays++;
    }
  }
  return { delays, buckets: 10, fullest: Math.max(0, ...counts.values()) };
}

/** How processes grew, without workers that ran what is there to use up their memory. */
export function growths({ samples, startsByPid }) {
  const grown = [];
  for (const [pid, taken] of samples) {
    const spoiled = startsByPid.get(pid)?.some(({ task }) => kinds[task.kind]?.deadly);
    if (!spoiled) grown.push({ pid, ...growth(taken) });
  }
  return grown;
}

// From the middle third of its life to the last; nothing is said of one that lived under 20 s.
function growth(samples) {
  const first = samples[0];
  const last = samples.at(-1);
  if (samples.length < 12 || last.mono - first.mono < 20_000)
    return { descriptors: 0, rssKb: 0, kbPerMinute: 0 };
  const third = Math.floor(samples.length / 3);
  const middle = samples.slice(third, 2 * third);
  const end = samples.slice(-third);
  const grown = (field) =>
    percentile(
      end.map((one) => one[field]),
      0.5,
    ) -
    percentile(
      middle.map((one) => one[field]),
      0.5,
    );
  const rssKb = grown("rssKb");
  const minutes = (end[0].mono - middle[0].mono) / 60_000;
  return { descriptors: grown("descriptors"), rssKb, kbPerMinute: Math.round(rssKb / minutes) };
}

export function percentile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}
