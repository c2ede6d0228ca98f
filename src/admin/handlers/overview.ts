// The overview: how it stands in a few figures, what needs attention, and what was done lately.
import { formatDuration } from "../../core/duration.ts";
import type { Condition, ListField, ListName } from "../../store/browse.ts";
import type { Call } from "../app.ts";
import type { OverviewAnswer, SeriesAnswer } from "../contract.ts";
import { entriesOf, entryOf } from "../engine/history.ts";
import type { AdminContext } from "../engine/admin-context.ts";
import { clustersById } from "../models/clusters-by-id.ts";
import { auditedObject } from "../models/audited-object.ts";
import { overdueMs } from "../models/schedule-fields.ts";
import { json, Refusal } from "../respond.ts";
import { readSeries } from "../../client/series.ts";
import { warningsOf } from "./warnings.ts";

type Tile = OverviewAnswer["tiles"][number];

const countUpTo = 10_000;
const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;
const recentEntries = 10;
/** A longest wait above this is worth a colour. */
const longWaitMs = 60_000;

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
