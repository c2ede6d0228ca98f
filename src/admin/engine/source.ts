// Where a model's rows come from: a list of the store, or rows that are few enough to be read whole.
import {
  type Condition,
  type Counted,
  type CountedOn,
  type FieldKind,
  fewRows,
  type HeadName,
  listFields,
  type ListField,
  type ListName,
  listOrders,
  type ListOrder,
  type Lists,
  type Scalar,
} from "../../store/browse.ts";
import { compareValues, fits } from "../../store/condition.ts";
import { pageRows, valueOf } from "../../store/page-rows.ts";
import type { AdminContext } from "./admin-context.ts";

export interface SourceRequest {
  where: readonly Condition[];
  order: { by: string; descending: boolean };
  limit: number;
  after?: string;
  before?: string;
  last?: boolean;
  step: number;
}

export interface Heads {
  /** That of exactly these rows: what comes in there comes in here. */
  readonly own: HeadName | null;
  /** Those of rows that are among these: whatever happens there changes a row here. */
  readonly also: readonly HeadName[];
}

export interface SourcePage<Row> {
  rows: Row[];
  after: string | null;
  before: string | null;
  reached: number | null;
}

export interface Source<Row> {
  /** What conditions may name. */
  readonly fields: Readonly<Record<string, FieldKind>>;
  /** The orders beside those of its fields, and those that an index carries. */
  readonly orders: Readonly<Record<string, "always" | "few">>;
  /** The moment at which a row entered the list: what "all that match" is frozen by. */
  readonly moment: string | null;
  /** The heads that a watcher keeps of these rows; absent: nobody tells what changes among them. */
  readonly heads?: Heads;
  /** Its list depends on nothing but the request: who asks makes no difference. */
  readonly sameForAll?: true;
  list(ctx: AdminContext, request: SourceRequest): Promise<SourcePage<Row>>;
  get(ctx: AdminContext, id: string): Promise<Row | null>;
  count(ctx: AdminContext, where: readonly Condition[], upTo: number): Promise<Counted>;
  /** As the store's: in steps, so that counting millions holds up nobody. */
  countOn(
    ctx: AdminContext,
    where: readonly Condition[],
    page: { after?: string; step: number },
  ): Promise<CountedOn>;
  suggest(ctx: AdminContext, field: string, prefix: string, limit: number): Promise<string[]>;
  id(row: Row): string;
  value(row: Row, field: string): Scalar;
}

/** Rows of one of the store's lists, those that the condition leaves. */
export function listSource<L extends ListName>(
  list: L,
  moment: ListField<L> | null,
  only: readonly Condition<ListField<L>>[] = [],
): Source<Lists[L]> {
  const own = (where: readonly Condition[]): Condition<ListField<L>>[] => [
    ...only,
    ...(where as Condition<ListField<L>>[]),
  ];
  const states = only.find((one) => one.is === "in" && one.field === "state");
  const heads = headsOf(list, only);
  return {
    fields: listFields[list],
    ...(heads === undefined ? {} : { heads }),
    orders: Object.fromEntries(Object.keys(listOrders[list]).map((order) => [order, "always" as const])),
    moment,
    sameForAll: true,
    list: ({ store }, { where, order, ...page }) =>
      store.browse(list, { ...page, where: own(where), order: { ...order, by: order.by as ListOrder<L> } }),
    async get({ store }, id) {
      const number = Number(id);
      if (listFields[list].id === "number" && !(Number.isSafeInteger(number) && String(number) === id))
        return null;
      const { rows } = await store.browse(list, {
        where: own([{ field: "id", is: "in", values: [listFields[list].id === "number" ? number : id] }]),
        order: { by: "id" as ListOrder<L>, descending: true },
        limit: 1,
        step: 1,
      });
      return rows[0] ?? null;
    },
    count: ({ store }, where, upTo) => store.countList(list, own(where), upTo),
    countOn: ({ store }, where, page) => store.countOn(list, own(where), page),
    suggest: ({ store }, field, prefix, limit) =>
      store.suggest(list, {
        field: field as ListField<L>,
        prefix,
        limit,
        ...(states?.is === "in" ? { states: states.values as string[] } : {}),
      }),
    id: (row) => String(row.id),
    value: (row, field) => valueOf(list, row, field),
  };
}

const ownHeads: Readonly<Record<string, Heads>> = {
  "ended success": { own: "success", also: [] },
  "ended failure": { own: "failure", also: [] },
  "queued leased": { own: "running", also: [] },
  queued: { own: "queued", also: ["running"] },
  schedules: { own: "schedules", also: [] },
  audit: { own: "audit", also: [] },
};

/** Of a whole list, or of the tasks in one state. */
function headsOf(list: ListName, only: readonly Condition[]): Heads | undefined {
  const [first, ...others] = only;
  if (first === undefined) return ownHeads[list];
  const isState = first.is === "in" && first.field === "state" && others.length === 0;
  return isState ? ownHeads[[list, ...first.values].join(" ")] : undefined;
}

/** Rows that are read whole at each request: a handful of clusters, a few thousand schedules. */
export function rowsSource<Row>(options: {
  heads?: Heads;
  fields: Record<string, FieldKind>;
  /** What decides among rows that are alike in what the list is sorted by, before their ids do. */
  thenBy?: string;
  load(ctx: AdminContext): Promise<readonly Row[]>;
  get?(ctx: AdminContext, id: string): Promise<Row | null>;
  id(row: Row): string;
  value(row: Row, field: string): Scalar;
}): Source<Row> {
  const { fields, heads, thenBy, load, id, value } = options;
  // Rows that are asked for by their ids need not be looked for among all.
  const candidates = async (ctx: AdminContext, where: readonly Condition[]): Promise<readonly Row[]> => {
    const named = where.find((one) => one.is === "in" && one.field === "id");
    const { get } = options;
    if (get === undefined || named?.is !== "in") return load(ctx);
    const found = await Promise.all(named.values.map((one) => get(ctx, String(one))));
    return found.filter((row) => row !== null);
  };
  const matching = async (ctx: AdminContext, where: readonly Condition[]): Promise<Row[]> =>
    (await candidates(ctx, where)).filter((row) =>
      where.every((one) => fits(one, (field) => value(row, field))),
    );
  return {
    fields,
    ...(heads === undefined ? {} : { heads }),
    orders: Object.fromEntries(Object.keys(fields).map((field) => [field, "always" as const])),
    moment: null,
    async list(ctx, request) {
      const { where, order, ...page } = request;
      const by = {
        by: order.by,
        keys: [order.by, ...(thenBy === undefined ? [] : [thenBy]), "id"],
        kinds: fields,
      };
      const rows = await matching(ctx, where);
      return { ...pageRows(by, rows, value, { descending: order.descending, ...page }), reached: null };
    },
    async get(ctx, wanted) {
      if (options.get !== undefined) return options.get(ctx, wanted);
      return (await load(ctx)).find((row) => id(row) === wanted) ?? null;
    },
    async count(ctx, where, upTo) {
      const { length } = await matching(ctx, where);
      return { count: Math.min(length, upTo), more: length > upTo };
    },
    countOn: async (ctx, where) => ({ count: (await matching(ctx, where)).length, after: null }),
    async suggest(ctx, field, prefix, limit) {
      const values = (await load(ctx)).map((row) => value(row, field));
      const beginning = values.filter((one) => typeof one === "string" && one.startsWith(prefix)) as string[];
      return [...new Set(beginning)].sort((a, b) => compareValues(a, b, false)).slice(0, limit);
    },
    id,
    value,
  };
}

/** How a field can be sorted: at any size, or while few rows match. */
export function sortable<Row>(source: Source<Row>, order: string): "always" | "few" | "no" {
  return source.orders[order] ?? (order in source.fields ? "few" : "no");
}

export { fewRows };
