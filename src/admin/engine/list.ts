// A page of a model: its address to conditions, order and cursor; rows to cells; search in bounded steps.
import type { Condition, Counted } from "../../store/browse.ts";
import { fits } from "../../store/condition.ts";
import { turn } from "../../core/clock.ts";
import { isId } from "../../core/id.ts";
import { isQuernError } from "../../core/errors.ts";
import type { Count, ListAnswer, Row as ShownRow, SuggestAnswer } from "../contract.ts";
import { unstorable } from "../body.ts";
import { Refusal } from "../respond.ts";
import { shownActions } from "./actions.ts";
import { cellOf } from "./cells.ts";
import { nowhere, openCursor, sealCursor } from "./cursors.ts";
import { lastDone } from "./history.ts";
import { filterConditions } from "./filters.ts";
import type { AdminContext } from "./admin-context.ts";
import type { AnyModel } from "./model-admin.ts";
import { BadQuery, parseQuery } from "./query.ts";
import { sortable, type Source, type SourcePage, type SourceRequest } from "./source.ts";
import { containing } from "./suggest.ts";

/** A model under its name, for this user: with the conditions of what exists for him. */
export interface Model {
  readonly name: string;
  readonly admin: AnyModel;
  readonly scope: readonly Condition[];
}

const defaultLimit = 100;
const mostRows = 200;
const countUpTo = 10_000;
/** So long a count on demand goes on, in steps that each take so long at most, or nearly. */
const exactMs = 5_000;
const exactStepMs = 20;
const exactSteps = { least: 5_000, most: 500_000 } as const;
const searchMs = 70;
/** Few enough that one step holds up nobody. */
const searchStep = 5_000;
const mostSuggested = 20;

export interface ListRequest {
  where: Condition[];
  order: { by: string; descending: boolean };
  limit: number;
  after?: string;
  before?: string;
  last?: boolean;
  columns: string[];
  text: string;
}

const ownParameters = ["q", "sort", "after", "before", "limit", "columns", "ids"];

/** What an address of this list asks for. Throws a refusal of what is not understood. */
export function readListRequest(model: Model, parameters: URLSearchParams, ctx: AdminContext): ListRequest {
  const { admin } = model;
  const known = [...ownParameters, ...admin.filters.map(({ field }) => field)];
  for (const name of parameters.keys())
    if (!known.includes(name))
      throw new Refusal(400, "unknown-parameter", `This list has no parameter "${name.slice(0, 40)}".`);
  const one = (name: string): string | undefined => {
    const given = parameters.getAll(name);
    if (given.length > 1) throw new Refusal(400, "bad-parameter", `Expected "${name}" once.`);
    return given[0] || undefined;
  };
  const text = one("q") ?? "";
  const [after, before, ids] = [one("after"), one("before"), one("ids")];
  if (after !== undefined && before !== undefined)
    throw new Refusal(400, "bad-parameter", 'Expected "after" or "before", not both.');
  const listed = ids?.split(",");
  if (listed !== undefined && listed.length > mostRows)
    throw new Refusal(400, "bad-parameter", `Expected at most ${mostRows} ids.`);
  return {
    where: [
      ...model.scope,
      ...filterConditions(admin, parameters, ctx),
      ...queryConditions(text, admin, ctx),
      ...(listed === undefined ? [] : [idsCondition(admin, listed)]),
    ],
    order: orderOf(admin, one("sort")),
    limit: limitOf(one("limit")),
    ...(after === undefined ? {} : { after: openCursor(after, model.name, ctx.keyring) }),
    ...(before === undefined
      ? {}
      : before === "end"
        ? { last: true }
        : { before: openCursor(before, model.name, ctx.keyring) }),
    columns: columnsOf(admin, one("columns")),
    text,
  };
}

export function idsCondition(admin: AnyModel, ids: readonly string[]): Condition {
  const values =
    admin.source.fields["id"] === "number"
      ? ids.map(Number).filter(Number.isSafeInteger)
      : ids.filter((id) => !unstorable.test(id)); // No row has such an id, and some engines refuse to be asked.
  return { field: "id", is: "in", values };
}

function queryConditions(text: string, admin: AnyModel, { now, timeZone }: AdminContext): Condition[] {
  // A whole task id is that task, in whatever list it is typed.
  if (isId(text.trim())) return [idsCondition(admin, [text.trim()])];
  try {
    return parseQuery(text, admin, { now, timeZone });
  } catch (error) {
    if (!(error instanceof BadQuery)) throw error;
    throw new Refusal(400, "bad-query", `Not understood: ${error.message}.`, { position: error.position });
  }
}

function orderOf(admin: AnyModel, text: string | undefined): ListRequest["order"] {
  const [first = ""] = text === undefined ? admin.sort : text.split(",");
  const descending = first.startsWith("-");
  const name = descending ? first.slice(1) : first;
  const by = sortOf(admin, name);
  if (by === undefined)
    throw new Refusal(400, "bad-parameter", `This list can't be sorted by "${name.slice(0, 40)}".`);
  return { by, descending };
}

/** The order of the source that sorts by this column. */
export function sortOf(admin: AnyModel, name: string): string | undefined {
  const field = Object.hasOwn(admin.fields, name) ? admin.fields[name] : undefined;
  const by = field === undefined || field.sort === undefined ? name : field.sort;
  return by !== false && sortable(admin.source, by) !== "no" && isOwnName(admin, by) ? by : undefined;
}

const isOwnName = ({ source }: AnyModel, name: string): boolean =>
  Object.hasOwn(source.orders, name) || Object.hasOwn(source.fields, name);

function limitOf(text: string | undefined): number {
  if (text === undefined) return defaultLimit;
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > mostRows)
    throw new Refusal(400, "bad-parameter", `Expected "limit" to be a number from 1 to ${mostRows}.`);
  return limit;
}

function columnsOf({ columns, fields }: AnyModel, text: string | undefined): string[] {
  const asked = text?.split(",") ?? columns;
  const unknown = asked.find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined || asked.length > Object.keys(fields).length)
    throw new Refusal(400, "bad-parameter", `This list has no column "${(unknown ?? "").slice(0, 40)}".`);
  return asked;
}

/** Reads once what is asked for under one key by many at a time. */
export type Share = <T>(key: string, read: () => Promise<T>) => Promise<T>;

export async function listModel(
  model: Model,
  parameters: URLSearchParams,
  ctx: AdminContext,
  share: Share,
): Promise<ListAnswer> {
  const { admin } = model;
  const request = readListRequest(model, parameters, ctx);
  const { columns: _, ...asked } = request;
  const who = JSON.stringify(ctx.user);
  const { page, counted, at } = await share(
    JSON.stringify([model.name, asked, admin.source.sameForAll === true ? "" : who]),
    () => readCounted(model, request, ctx),
  );
  const banner = admin.banner && (await share(JSON.stringify([model.name, who]), () => admin.banner!(ctx)));
  const rows = await Promise.all(page.rows.map((row) => showRow(model, row, request.columns, ctx)));
  return {
    rows,
    after: sealCursor(page.after, model.name, ctx.keyring),
    before: sealCursor(page.before, model.name, ctx.keyring),
    count: { number: counted.count, capped: counted.more },
    banner: banner ?? null,
    searchedTo: page.reached,
    query: { text: request.text },
    at,
    few: !counted.more,
  };
}

interface CountedPage {
  page: SourcePage<unknown>;
  counted: Counted;
  /** When it was asked for by whoever it was read for. What came since is in no page that others are shown of it. */
  at: number;
}

/** Side by side; but a search is long enough without, and its page often says how many there are. */
async function readCounted(model: Model, request: ListRequest, ctx: AdminContext): Promise<CountedPage> {
  const count = (): Promise<Counted> => model.admin.source.count(ctx, request.where, countUpTo);
  const at = ctx.now;
  if (request.text === "") {
    const [page, counted] = await Promise.all([readPage(model, request, ctx), count()]);
    return { page, counted, at };
  }
  const page = await readPage(model, request, ctx);
  return { page, counted: wholeCount(request, page) ?? (await count()), at };
}

/** What the first page itself says of the count: it has all there are, or all that a step found. */
function wholeCount(request: ListRequest, page: SourcePage<unknown>): Counted | undefined {
  const { after, before, last } = request;
  const isFirst = after === undefined && before === undefined && last === undefined;
  if (!isFirst || (page.after !== null && page.reached === null)) return undefined;
  return { count: page.rows.length, more: page.reached !== null };
}

/** As many steps as it takes to fill the page, for less than a tenth of a second; then what was found, and how far that came. */
async function readPage(model: Model, request: ListRequest, ctx: AdminContext): Promise<SourcePage<unknown>> {
  const { clock } = ctx.client;
  const { where, order, limit } = request;
  const began = clock.monotonic();
  const backward = request.before !== undefined || request.last === true;
  let page = await step(model, { ...request, step: searchStep }, ctx);
  while (page.reached !== null && clock.monotonic() - began < searchMs) {
    const cursor = backward ? page.before : page.after;
    if (cursor === null) break;
    const more = await step(
      model,
      {
        where,
        order,
        limit: limit - page.rows.length,
        step: searchStep,
        ...(backward ? { before: cursor } : { after: cursor }),
      },
      ctx,
    );
    page = backward
      ? { ...more, rows: [...more.rows, ...page.rows], after: page.after }
      : { ...more, rows: [...page.rows, ...more.rows], before: page.before };
  }
  return page;
}

async function step(
  model: Model,
  request: SourceRequest & Partial<ListRequest>,
  ctx: AdminContext,
): Promise<SourcePage<unknown>> {
  const { where, order, limit, after, before, last, step } = request;
  try {
    return await model.admin.source.list(ctx, {
      where,
      order,
      limit,
      step,
      ...(after === undefined ? {} : { after }),
      ...(before === undefined ? {} : { before }),
      ...(last === undefined ? {} : { last }),
    });
  } catch (error) {
    if (isQuernError(error, "QUERN_BAD_CURSOR")) throw nowhere();
    if (isQuernError(error, "QUERN_TOO_MANY_TO_SORT"))
      throw new Refusal(
        400,
        "too-many-to-sort",
        "More than 10,000 rows match: they can't be sorted by this column.",
        {
          hint: "Narrow the list by a filter first.",
        },
      );
    throw error;
  }
}

export async function showRow(
  { admin, name }: Model,
  row: unknown,
  columns: readonly string[],
  ctx: AdminContext,
  whole = false,
): Promise<ShownRow> {
  const cells = await Promise.all(
    columns.map(
      async (column) => [column, await cellOf(admin.fields[column]!, column, row, ctx, whole)] as const,
    ),
  );
  return {
    id: admin.source.id(row),
    to: addressOf(admin, row),
    cells: Object.fromEntries(cells),
    actions: await shownActions(name, admin, row, ctx),
  };
}

export function addressOf(admin: AnyModel, row: unknown): string | null {
  return admin.to === undefined ? `${admin.path}/${encodeURIComponent(admin.source.id(row))}` : admin.to(row);
}

/** Whether a row that was found by other ways than its list is there for this user. */
export async function exists<Row>(
  name: string,
  { source }: { source: Pick<Source<Row>, "value"> },
  row: Row,
  ctx: AdminContext,
): Promise<boolean> {
  return (await ctx.scope(name)).every((one) => fits(one, (field) => source.value(row, field)));
}

/** One row, if it exists for this user. */
export async function findRow(model: Model, id: string, ctx: AdminContext): Promise<unknown> {
  const { admin, scope } = model;
  const row = id.length > 255 ? null : await admin.source.get(ctx, id);
  const there = row !== null && scope.every((one) => fits(one, (field) => admin.source.value(row, field)));
  if (!there) throw await nothingThere(model, id, ctx);
  return row;
}

const removals: Record<string, string> = { delete: "Deleted", resubmit: "Resubmitted" };

/** Who removed it is told to those for whom all rows exist: of a foreign row nothing is said that is not said of a missing one. */
async function nothingThere({ admin, scope }: Model, id: string, ctx: AdminContext): Promise<Refusal> {
  const by = scope.length > 0 || id.length > 255 ? undefined : await lastDone(id, ctx);
  const deed = by && removals[by.action.split(".").at(-1) ?? ""];
  if (deed === undefined || by === undefined) {
    const why = scope.length > 0 || id.length > 255 ? undefined : await admin.gone?.(id, ctx);
    return new Refusal(404, "not-found", why?.message ?? "There is nothing under this id.", {
      hint: why?.hint ?? "It may have been deleted, or removed by a limit.",
    });
  }
  return new Refusal(404, "not-found", `${deed} by ${by.who}.`, { by });
}

/** All that match; capped, when it had to give up. */
export async function countModel(
  model: Model,
  parameters: URLSearchParams,
  ctx: AdminContext,
  signal: AbortSignal,
): Promise<Count> {
  const { where } = readListRequest(model, parameters, ctx);
  const { clock } = ctx.client;
  const began = clock.monotonic();
  let [number, step]: [number, number] = [0, exactSteps.least];
  let after: string | null | undefined;
  for (let at = began; after !== null; ) {
    const part = await model.admin.source.countOn(ctx, where, {
      step,
      ...(after === undefined ? {} : { after }),
    });
    number += part.count;
    after = part.after;
    const [took, now] = [clock.monotonic() - at, clock.monotonic()];
    if (after !== null && (now - began > exactMs || signal.aborted)) return { number, capped: true };
    step = took < exactStepMs ? Math.min(2 * step, exactSteps.most) : Math.max(step / 2, exactSteps.least);
    at = now;
    await turn(); // An engine that answers at once would else keep all others waiting to the end.
  }
  return { number, capped: false };
}

export async function suggestFor(
  model: Model,
  parameters: URLSearchParams,
  ctx: AdminContext,
): Promise<SuggestAnswer> {
  const { admin } = model;
  for (const name of parameters.keys())
    if (name !== "field" && name !== "prefix")
      throw new Refusal(
        400,
        "unknown-parameter",
        `Expected "field" and "prefix", got "${name.slice(0, 40)}".`,
      );
  const [field, prefix] = [parameters.get("field") ?? "", parameters.get("prefix") ?? ""];
  if (prefix.length > 255 || /[\u0000-\u001f\ud800-\udfff]/u.test(prefix))
    throw new Refusal(
      400,
      "bad-parameter",
      "Expected a prefix of at most 255 characters, without control characters.",
    );
  const filter = admin.filters.find((one) => one.as === "suggest" && one.field === field);
  const asked = admin.form?.sections
    .flatMap(({ fields }) => fields)
    .find((one) => one.name === field && one.as === "suggest");
  if (filter?.as !== "suggest" && asked === undefined)
    throw new Refusal(400, "bad-parameter", `Nothing is suggested for "${field.slice(0, 40)}".`);
  const own = filter?.as === "suggest" ? filter.suggest?.(prefix, ctx) : asked?.suggest?.(prefix, ctx);
  const beginning = await (own ?? suggested(model, field, prefix, ctx));
  const values =
    own !== undefined || prefix === "" || beginning.length >= mostSuggested
      ? beginning
      : [
          ...beginning,
          ...(await containing(model, { field, text: prefix, known: beginning, most: mostSuggested }, ctx)),
        ];
  const schedules = filter?.as === "suggest" && filter.schedules === true && (await ctx.can("schedule.view"));
  const named = schedules ? await scheduleNames(prefix, ctx) : [];
  // One in which something is redacted is not suggested: a prefix of it would tell the rest.
  const shown = [...new Set([...named.slice(0, mostSuggested / 2), ...values])]
    .filter((value) => ctx.redaction.text(value) === value)
    .slice(0, mostSuggested);
  const marked = new Set([...named, ...(schedules ? await scheduleIds(shown, ctx) : [])]);
  return { values: shown.map((value) => (marked.has(value) ? { value, schedule: true } : { value })) };
}

/** By an index over all rows; of the rows that exist for this user, where that are not all, those that a step finds. */
async function suggested(
  { admin, scope }: Model,
  field: string,
  prefix: string,
  ctx: AdminContext,
): Promise<string[]> {
  if (scope.length === 0) return admin.source.suggest(ctx, field, prefix, mostSuggested);
  const where = prefix === "" ? scope : [...scope, { field, is: "contains" as const, text: prefix }];
  const { rows } = await admin.source.list(ctx, {
    where,
    order: orderOf(admin, undefined),
    limit: mostRows,
    step: searchStep,
  });
  const values = rows.map((row) => admin.source.value(row, field));
  return [
    ...new Set(values.filter((one): one is string => typeof one === "string" && one.startsWith(prefix))),
  ].sort();
}

async function scheduleNames(prefix: string, ctx: AdminContext): Promise<string[]> {
  const scope = (await ctx.scope("schedule")) as Condition<"name">[];
  const suggestion = { field: "name", prefix, limit: mostSuggested } as const;
  if (scope.length === 0) return ctx.store.suggest("schedules", suggestion);
  const { rows } = await ctx.store.browse("schedules", {
    where: [...scope, { field: "name", is: "contains", text: prefix }],
    order: { by: "id", descending: true },
    limit: mostRows,
    step: searchStep,
  });
  return rows.flatMap(({ name }) => (name?.startsWith(prefix) === true ? [name] : []));
}

/** Those of the values that are the id of a schedule. */
async function scheduleIds(values: readonly string[], ctx: AdminContext): Promise<string[]> {
  const scope = (await ctx.scope("schedule")) as Condition<"id">[];
  const { rows } = await ctx.store.browse("schedules", {
    where: [...scope, { field: "id", is: "in", values }],
    order: { by: "id", descending: true },
    limit: mostSuggested,
    step: mostSuggested,
  });
  return rows.map(({ id }) => id);
}
