// The overview: how it stands in a few figures, what needs attention, and what was done lately.
import { formatDuration } from "../../core/duration.ts";
import type { Condition, ListField, ListName } from "../../store/browse.ts";
import { pausedPrefix } from "../../store/paused.ts";
import type { Call } from "../app.ts";
import type { OverviewAnswer, SeriesAnswer } from "../contract.ts";
import { cutText } from "../engine/cells.ts";
import { entriesOf, entryOf } from "../engine/history.ts";
import type { AdminContext } from "../engine/admin-context.ts";
import { clockOffMostMs } from "../models/cluster.ts";
import { clustersById } from "../models/clusters-by-id.ts";
import { auditedObject } from "../models/audited-object.ts";
import { overdueMs } from "../models/schedule-fields.ts";
import { json, Refusal } from "../respond.ts";
import { readSeries } from "../../client/series.ts";
import { oldestSuccess } from "../models/oldest-success.ts";

type Tile = OverviewAnswer["tiles"][number];
type Warning = OverviewAnswer["warnings"][number];

const countUpTo = 10_000;
const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;
const recentEntries = 10;
/** So many schedules with an error are named. */
const namedSchedules = 3;
/** A longest wait above this is worth a colour. */
const longWaitMs = 60_000;
/** Fewer minutes of history than this, and successes are gone before anybody looks. */
const shortHistoryMs = 10 * minuteMs;

export async function read({ ctx }: Call): Promise<Response> {
  const [tiles, warnings, recent] = await Promise.all([tilesOf(ctx), warningsOf(ctx), recentOf(ctx)]);
  const counts = tiles.filter(({ name }) => name !== "clusters");
  const nothing = counts.length > 0 && counts.every(({ value }) => value === 0);
  const answer: OverviewAnswer = {
    tiles,
    warnings,
    recent,
    empty: nothing
      ? {
          title: "Nothing was ever queued.",
          hint: "Queue a first task, or look at: npx quern demo",
          code: `await quern.enqueue(${ctx.client.registry.names()[0] ?? "welcome"}, input);`,
        }
      : null,
  };
  return json(answer);
}

async function tilesOf(ctx: AdminContext): Promise<Tile[]> {
  const { now } = ctx;
  const counted = async <L extends ListName>(
    name: string,
    label: string,
    to: string,
    [model, list]: readonly [model: string, list: L],
    where: Condition<ListField<L>>[],
    tone?: Tile["tone"],
  ): Promise<Tile | null> => {
    if (!(await ctx.can(`${model}.view`))) return null;
    const scope = (await ctx.scope(model)) as Condition<ListField<L>>[];
    const { count, more } = await ctx.store.countList(list, [...scope, ...where], countUpTo);
    return {
      name,
      label,
      value: count,
      ...(more ? { capped: true } : {}),
      to,
      ...(tone !== undefined && count > 0 ? { tone } : {}),
    };
  };
  const state = (value: string): Condition<"state"> => ({ field: "state", is: "in", values: [value] });
  const since = (ms: number): Condition<"stopped"> => ({ field: "stopped", is: "between", from: now - ms });
  const tiles = await Promise.all([
    counted("ready", "Ready", "queued?state=ready", ["queued", "queued"], [state("ready")]),
    counted("waiting", "Due later", "queued?state=waiting", ["queued", "queued"], [state("waiting")]),
    counted("running", "Running", "running", ["running", "queued"], [state("leased")]),
    counted(
      "failed-hour",
      "Failed in 1 h",
      "failed?q=stopped:1h",
      ["failure", "ended"],
      [state("failure"), since(hourMs)],
      "bad",
    ),
    counted(
      "failed-day",
      "Failed in 24 h",
      "failed?q=stopped:24h",
      ["failure", "ended"],
      [state("failure"), since(dayMs)],
      "bad",
    ),
    counted(
      "succeeded",
      "Succeeded per minute",
      "successful",
      ["success", "ended"],
      [state("success"), since(minuteMs)],
    ),
    longestWait(ctx),
    counted(
      "overdue",
      "Schedules overdue",
      "scheduled?state=overdue",
      ["schedule", "schedules"],
      [
        { is: "not", condition: { field: "repeats", is: "in", values: [0] } },
        { field: "nextRun", is: "between", to: now - overdueMs },
      ],
      "bad",
    ),
    aliveClusters(ctx),
  ]);
  return tiles.filter((tile) => tile !== null);
}

async function aliveClusters(ctx: AdminContext): Promise<Tile | null> {
  if (!(await ctx.can("cluster.view"))) return null;
  const { length } = [...(await clustersById(ctx)).values()].filter(
    ({ state }) => state !== "stopped" && state !== "lost",
  );
  const tile: Tile = { name: "clusters", label: "Clusters alive", value: length, to: "clusters" };
  return length === 0 ? { ...tile, tone: "warn" } : tile;
}

/** Of the ready task that is taken next. */
async function longestWait({ store, now, scope, can }: AdminContext): Promise<Tile | null> {
  if (!(await can("queued.view"))) return null;
  const { rows } = await store.browse("queued", {
    where: [
      ...((await scope("queued")) as Condition<"state">[]),
      { field: "state", is: "in", values: ["ready"] },
    ],
    order: { by: "claim", descending: false },
    limit: 1,
    step: countUpTo,
  });
  const ms = rows[0] === undefined ? 0 : Math.max(0, now - rows[0].due);
  return {
    name: "wait",
    label: "Next has waited",
    value: ms,
    text: ms === 0 ? "–" : formatDuration(ms),
    to: "queued",
    ...(ms > longWaitMs ? { tone: "warn" } : {}),
  };
}

async function warningsOf(ctx: AdminContext): Promise<Warning[]> {
  const { store, client, now } = ctx;
  const warnings: Warning[] = [];
  // They speak of everything: of what is not there for this user as well.
  const scopes = await Promise.all(["queued", "success", "failure", "schedule", "cluster"].map(ctx.scope));
  if (scopes.some(({ length }) => length > 0)) return warnings;
  const clusters = [...(await clustersById(ctx)).values()].filter(({ state }) => state !== "stopped");
  const alive = clusters.filter(({ state }) => state !== "lost");
  const served = alive.filter(({ state }) => state !== "paused").map(({ queues }) => queues.split(","));
  for (const queue of await store.queueNames()) {
    if (!served.some((queues) => queues.includes("*") || queues.includes(queue)))
      warnings.push({
        text: `No cluster takes tasks of the queue ${queue}.`,
        to: `queued?queue=${encodeURIComponent(queue)}`,
        tone: "bad",
      });
  }
  for (const { key } of await store.metas(pausedPrefix, { limit: 20 })) {
    const queue = key.slice(pausedPrefix.length);
    warnings.push({
      text: `The queue ${queue} is paused.`,
      to: `queued?queue=${encodeURIComponent(queue)}`,
      tone: "warn",
    });
  }
  for (const { name, trouble, state, clockOffMs } of clusters) {
    if (state === "paused")
      warnings.push({ text: `The cluster ${name} is paused.`, to: "clusters", tone: "warn" });
    if (clockOffMs !== null && Math.abs(clockOffMs) > clockOffMostMs)
      warnings.push({
        text: `The clock of ${name} is ${formatDuration(Math.abs(clockOffMs))} ${clockOffMs > 0 ? "behind" : "ahead of"} that of the database.`,
        to: "clusters",
        tone: "warn",
      });
    if (trouble !== null)
      warnings.push({ text: `${name}: ${ctx.redaction.text(trouble)}`, to: "clusters", tone: "bad" });
    if (state === "lost")
      warnings.push({
        text: `The cluster ${name} is lost: its heartbeat is overdue.`,
        to: "clusters",
        tone: "warn",
      });
  }
  const quarantined = await store.countList(
    "ended",
    [
      { field: "state", is: "in", values: ["failure"] },
      { field: "outcome", is: "in", values: ["quarantined"] },
    ],
    countUpTo,
  );
  if (quarantined.count > 0)
    warnings.push({
      text: `${quarantined.count} tasks could not be read or verified.`,
      to: "failed?outcome=quarantined",
      tone: "bad",
    });
  const unknown = await store.countList("queued", [{ field: "unknown", is: "between", from: 1 }], countUpTo);
  if (unknown.count > 0)
    warnings.push({
      text: `${unknown.count} queued tasks have a func that no cluster knows.`,
      to: "queued",
      tone: "bad",
    });
  const failing = await store.countList(
    "schedules",
    [{ is: "not", condition: { field: "error", is: "null" } }],
    countUpTo,
  );
  warnings.push(...(await failingSchedules(failing.count, ctx)));
  const { saveLimit } = client.options;
  if (saveLimit > 0) {
    const oldest = await oldestSuccess(store);
    const full =
      (await store.countList("ended", [{ field: "state", is: "in", values: ["success"] }], saveLimit))
        .count >= saveLimit;
    if (full && oldest !== undefined && now - oldest.stopped < shortHistoryMs)
      warnings.push({
        text: `saveLimit keeps only the last ${formatDuration(now - oldest.stopped)} of successes.`,
        to: "successful",
        tone: "warn",
      });
  }
  return warnings;
}

/** By name and with what is wrong, as far as there is room. */
async function failingSchedules(count: number, ctx: AdminContext): Promise<Warning[]> {
  if (count === 0) return [];
  const { store, redaction } = ctx;
  const { rows } = (await ctx.can("schedule.view"))
    ? await store.browse("schedules", {
        where: [{ is: "not", condition: { field: "error", is: "null" } }],
        order: { by: "nextRun", descending: false },
        limit: namedSchedules,
        step: countUpTo,
      })
    : { rows: [] };
  const named = rows.map(
    ({ id, name, error }): Warning => ({
      text: `The schedule ${redaction.text(name ?? id)} can't run: ${redaction.text(firstLine(error ?? ""))}`,
      to: `scheduled/${encodeURIComponent(id)}`,
      tone: "bad",
    }),
  );
  const rest = count - rows.length;
  if (rest <= 0) return named;
  const more = `${rest}${rows.length === 0 ? "" : " more"} ${rest === 1 ? "schedule has" : "schedules have"} an error.`;
  return [...named, { text: more, to: "scheduled?state=failing", tone: "bad" }];
}

const firstLine = (text: string): string => cutText(text.split("\n", 1)[0] ?? "", 200);

async function recentOf(ctx: AdminContext): Promise<OverviewAnswer["recent"]> {
  if (!(await ctx.can("audit.view"))) return [];
  const rows = await entriesOf([], recentEntries, ctx);
  return Promise.all(
    rows.map(async (row) => ({ ...entryOf(row, ctx), object: await auditedObject(row, ctx) })),
  );
}

const spans: Record<string, { spanMs: number; stepMs: number }> = {
  "1h": { spanMs: hourMs, stepMs: minuteMs },
  "24h": { spanMs: dayMs, stepMs: 15 * minuteMs },
};

/** Clusters count what they end, whosever it is: there is no such sum of a part of the tasks. */
export async function series({ search, ctx }: Call): Promise<Response> {
  for (const model of ["success", "failure"])
    if (!(await ctx.can(`${model}.view`)) || (await ctx.scope(model)).length > 0)
      throw new Refusal(404, "not-found", "It counts all tasks, and not all of them are there for you.");
  const span = spans[search.get("span") ?? "1h"];
  if (span === undefined) throw new Refusal(400, "bad-parameter", 'Expected "span" to be 1h or 24h.');
  const answer: SeriesAnswer = await readSeries(ctx.store, ctx.now, span);
  return json(answer);
}
