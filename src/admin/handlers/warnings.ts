// What needs attention, for the overview: of each list only what whoever asks may see.
import { formatDuration } from "../../core/duration.ts";
import type { Condition } from "../../store/browse.ts";
import { pausedPrefix } from "../../store/paused.ts";
import type { OverviewAnswer } from "../contract.ts";
import { cutText } from "../engine/cells.ts";
import type { AdminContext } from "../engine/admin-context.ts";
import { clockOffMostMs } from "../models/cluster.ts";
import { clustersById } from "../models/clusters-by-id.ts";
import { oldestSuccess } from "../models/gone-task.ts";
import { servedQueues } from "../models/unserved.ts";

type Warning = OverviewAnswer["warnings"][number];

const countUpTo = 10_000;
const mostQueues = 20;
/** So many schedules with an error are named. */
const namedSchedules = 3;
/** Less history than this, and successes are gone before anybody looks. */
const shortHistoryMs = 10 * 60_000;

const kinds: readonly (readonly [model: string, read: (ctx: AdminContext) => Promise<Warning[]>])[] = [
  ["queued", ofQueues],
  ["cluster", ofClusters],
  ["failure", ofQuarantine],
  ["queued", ofUnknownFuncs],
  ["schedule", ofSchedules],
  ["success", ofShortHistory],
];

export async function warningsOf(ctx: AdminContext): Promise<Warning[]> {
  // They speak of everything: of what is not there for this user as well.
  const scopes = await Promise.all(["queued", "success", "failure", "schedule", "cluster"].map(ctx.scope));
  if (scopes.some(({ length }) => length > 0)) return [];
  const warnings = await Promise.all(
    kinds.map(async ([model, read]) => ((await ctx.can(`${model}.view`)) ? read(ctx) : [])),
  );
  return warnings.flat();
}

async function ofQueues(ctx: AdminContext): Promise<Warning[]> {
  const { store } = ctx;
  const isServed = await servedQueues(ctx);
  const unserved = (await store.queueNames()).filter((queue) => !isServed(queue));
  const paused = await store.metas(pausedPrefix, { limit: mostQueues });
  const to = (queue: string): string => `queued?queue=${encodeURIComponent(queue)}`;
  return [
    ...unserved.map(
      (queue): Warning => ({
        text: `No cluster takes tasks of the queue ${queue}.`,
        to: to(queue),
        tone: "bad",
      }),
    ),
    ...paused
      .map(({ key }) => key.slice(pausedPrefix.length))
      .map((queue): Warning => ({ text: `The queue ${queue} is paused.`, to: to(queue), tone: "warn" })),
  ];
}

async function ofClusters(ctx: AdminContext): Promise<Warning[]> {
  const clusters = [...(await clustersById(ctx)).values()].filter(({ state }) => state !== "stopped");
  return clusters.flatMap(({ name, trouble, state, clockOffMs }) => {
    const isOff = clockOffMs !== null && Math.abs(clockOffMs) > clockOffMostMs;
    const said: [text: string | false, tone: Warning["tone"]][] = [
      [state === "paused" && `The cluster ${name} is paused.`, "warn"],
      [
        isOff &&
          `The clock of ${name} is ${formatDuration(Math.abs(clockOffMs))} ${clockOffMs > 0 ? "behind" : "ahead of"} that of the database.`,
        "warn",
      ],
      [trouble !== null && `${name}: ${ctx.redaction.text(trouble)}`, "bad"],
      [state === "lost" && `The cluster ${name} is lost: its heartbeat is overdue.`, "warn"],
    ];
    return said.flatMap(([text, tone]): Warning[] =>
      text === false ? [] : [{ text, to: "clusters", tone }],
    );
  });
}

async function ofQuarantine({ store }: AdminContext): Promise<Warning[]> {
  const where: Condition<"state" | "outcome">[] = [
    { field: "state", is: "in", values: ["failure"] },
    { field: "outcome", is: "in", values: ["quarantined"] },
  ];
  const { count } = await store.countList("ended", where, countUpTo);
  const text = `${count} tasks could not be read or verified.`;
  return count === 0 ? [] : [{ text, to: "failed?outcome=quarantined", tone: "bad" }];
}

async function ofUnknownFuncs({ store }: AdminContext): Promise<Warning[]> {
  const { count } = await store.countList(
    "queued",
    [{ field: "unknown", is: "between", from: 1 }],
    countUpTo,
  );
  const text = `${count} queued tasks have a func that no cluster knows.`;
  return count === 0 ? [] : [{ text, to: "queued", tone: "bad" }];
}

/** By name and with what is wrong, as far as there is room. */
async function ofSchedules({ store, redaction }: AdminContext): Promise<Warning[]> {
  const where: Condition<"error">[] = [{ is: "not", condition: { field: "error", is: "null" } }];
  const { count } = await store.countList("schedules", where, countUpTo);
  if (count === 0) return [];
  const order = { by: "nextRun", descending: false } as const;
  const { rows } = await store.browse("schedules", { where, order, limit: namedSchedules, step: countUpTo });
  const named = rows.map(
    ({ id, name, error }): Warning => ({
      text: `The schedule ${redaction.text(name ?? id)} can't run: ${redaction.text(firstLine(error ?? ""))}`,
      to: `scheduled/${encodeURIComponent(id)}`,
      tone: "bad",
    }),
  );
  const rest = count - rows.length;
  if (rest <= 0) return named;
  const text = `${rest} more ${rest === 1 ? "schedule has" : "schedules have"} an error.`;
  return [...named, { text, to: "scheduled?state=failing", tone: "bad" }];
}

const firstLine = (text: string): string => cutText(text.split("\n", 1)[0] ?? "", 200);

async function ofShortHistory({ store, client, now }: AdminContext): Promise<Warning[]> {
  const { saveLimit } = client.options;
  if (saveLimit <= 0) return [];
  const oldest = await oldestSuccess(store);
  if (oldest === undefined || now - oldest.stopped >= shortHistoryMs) return [];
  const success: Condition<"state">[] = [{ field: "state", is: "in", values: ["success"] }];
  const { count } = await store.countList("ended", success, saveLimit);
  const text = `saveLimit keeps only the last ${formatDuration(now - oldest.stopped)} of successes.`;
  return count < saveLimit ? [] : [{ text, to: "successful", tone: "warn" }];
}
