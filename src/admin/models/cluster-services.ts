// What a cluster's services do and did, and how its workers came and went, as rows of its page.
import type { ClusterInfo } from "../../client/clusters.ts";
import type { TableRow } from "../engine/model-admin.ts";

const row = (id: string, cells: TableRow["cells"]): TableRow => ({ id, cells });

const several = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

export function serviceRows(cluster: ClusterInfo): TableRow[] {
  const { services, state, workers, reincarnations, starts, deaths } = cluster;
  if (services === null) return [];
  const { inHand, unsaved, taken, saved, fired, looked } = services;
  const isOver = state === "stopped" || state === "lost";
  const now = (text: string): string => (isOver ? state : text);
  const pushes =
    state === "paused"
      ? "paused: takes no tasks"
      : state === "starting" || state === "stopping"
        ? `${state}: takes no tasks`
        : inHand === 0
          ? "waits for tasks"
          : `${several(inHand, "task")} in hand`;
  const turned = Math.max(starts[0]?.at.getTime() ?? 0, deaths[0]?.at.getTime() ?? 0);
  return [
    row("sentinel", {
      service: "sentinel",
      now: now(`guards ${several(workers.length, "worker")}`),
      done: several(reincarnations, "worker replaced", "workers replaced"),
      last: turned === 0 ? null : turned,
    }),
    row("pusher", {
      service: "pusher",
      now: now(pushes),
      done: several(taken.count, "attempt taken", "attempts taken"),
      last: taken.at?.getTime() ?? null,
    }),
    row("monitor", {
      service: "monitor",
      now: now(unsaved === 0 ? "has saved all that has ended" : `${several(unsaved, "end")} to be saved`),
      done: several(saved.count, "end saved", "ends saved"),
      last: saved.at?.getTime() ?? null,
    }),
    row("scheduler", {
      service: "scheduler",
      now: now(looked === null ? "has not looked yet" : "looks for what is due"),
      done: several(fired.count, "task queued", "tasks queued"),
      last: fired.at?.getTime() ?? null,
    }),
  ];
}

/** The newest first. */
export function startsAndDeaths({ starts, deaths }: ClusterInfo): TableRow[] {
  const rows = [
    ...starts.map(({ at, workerPid }, index) => ({
      at: at.getTime(),
      row: row(`start-${index}`, {
        at: at.getTime(),
        worker: String(workerPid),
        what: { value: "started", tone: "good" },
        why: null,
        running: null,
      }),
    })),
    ...deaths.map(({ at, workerPid, reason, running }, index) => ({
      at: at.getTime(),
      row: row(`death-${index}`, {
        at: at.getTime(),
        worker: String(workerPid),
        what: { value: "died", tone: "bad" },
        why: reason,
        running: running.join(", ") || null,
      }),
    })),
  ];
  return rows.sort((a, b) => b.at - a.at).map(({ row }) => row);
}
