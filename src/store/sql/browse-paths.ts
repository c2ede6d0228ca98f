// The ways through a list that an index carries: which walks, in which order, find the rows of a condition without reading others.
import type { Condition, ListName, Scalar } from "../browse.ts";
import type { Value } from "./database.ts";
import { joined, spanSql } from "./condition-sql.ts";
import type { Where } from "./where.ts";

/** A column that a walk goes along, in the direction in which the list is read. */
export interface Step {
  readonly column: string;
  readonly descending: boolean;
}

/** One stretch of an order. Its lanes are walked side by side, each along an index, and merged. */
export interface Walk {
  readonly lanes: readonly Where[];
  readonly steps: readonly Step[];
  /** Where to begin, behind these values of the last steps. All those steps go in one direction. */
  readonly behind?: readonly Value[];
  /** The keys that all rows of this walk share, before those of its steps. */
  readonly head: readonly Scalar[];
  /** From a row's column to the key it is, where that differs. */
  readonly keyOf?: (column: string, value: Scalar) => Scalar;
  /** What holds for its rows and no index says: there may be none for a long way. */
  readonly also: readonly Condition[];
}

export interface Path {
  readonly walks: readonly Walk[];
  /** The conditions that no index of this path answers. */
  readonly rest: readonly Condition[];
}

export interface PathRequest {
  where: readonly Condition[];
  by: string;
  descending: boolean;
  /** Read from the end: what has no value, which stands last, comes first. */
  backward: boolean;
  /** The keys of the row to begin behind. */
  from: readonly Scalar[] | null;
  /** The queues that hold ready tasks, each a lane of the order of claims. */
  readyQueues: readonly string[];
}

const mostLanes = 40;

export function pathOf(list: ListName, request: PathRequest): Path {
  const { by } = request;
  if (list === "ended" && by !== "id") return endedPath(request);
  if (list === "queued" && by === "claim") return claimPath(request);
  if (list === "schedules" && by === "nextRun") return schedulePath(request);
  const objects = list === "audit" ? equals(request.where, "object") : undefined;
  const { lanes, rest } = lanesOf(request.where, [{ column: "object", given: objects }]);
  return { walks: [alongId(lanes, request)], rest };
}

/** The way to find rows in whatever order, reading as few others as the indexes allow. */
export function anyPath(list: ListName, where: readonly Condition[]): Path {
  const request: PathRequest = {
    where,
    by: "id",
    descending: true,
    backward: false,
    from: null,
    readyQueues: [],
  };
  if (list === "ended") return endedPath({ ...request, by: "stopped" });
  if (list === "queued") {
    if (where.some((one) => one.is === "between" && one.field === "unknown" && one.from === 1)) {
      const lane = { sql: "unknown > 0", values: [] };
      return { walks: [alongId([lane], request)], rest: where };
    }
    const groups = equals(where, "group");
    // A partial index: the engine takes it for a state that stands in the statement, not for one that is bound.
    const { lanes, rest } = lanesOf(where, [
      groups === undefined
        ? { column: "state", given: knownStates(where), literal: true }
        : { column: '"group"', given: groups },
    ]);
    return { walks: [alongId(lanes, request)], rest };
  }
  return pathOf(list, request);
}

/** All rows of a list, the newest id first. */
export const walkById: Walk = {
  lanes: [{ sql: "1 = 1", values: [] }],
  steps: [{ column: "id", descending: true }],
  head: [],
  also: [],
};

/** The states of queued tasks that a list is asked for; what is no such state finds nothing, and needs no lane. */
function knownStates(where: readonly Condition[]): Equal | undefined {
  const state = equals(where, "state");
  return state && { ...state, values: state.values.filter((one) => Object.hasOwn(ranks, String(one))) };
}

function alongId(lanes: readonly Where[], { descending, from }: PathRequest): Walk {
  return {
    lanes,
    steps: [{ column: "id", descending }],
    ...(from === null ? {} : { behind: from as Value[] }),
    head: [],
    also: [],
  };
}

const endedStates = ["success", "failure"] as const;

/**
 * Along the indexes (state, stopped, id), and those with group, func or the class of the error behind the state; failures that ended
 * otherwise than most along (state, outcome, stopped, id).
 */
function endedPath({ where, by, descending, backward, from }: PathRequest): Path {
  const state = equals(where, "state");
  const outcome = by === "stopped" ? seldomOutcomes(where) : undefined;
  const states = endedStates.filter(
    (one) =>
      (state === undefined || state.values.includes(one)) && (outcome === undefined || one === "failure"),
  );
  const given = {
    state: { column: "state", given: { condition: state?.condition, values: states }, literal: true },
    group: { column: '"group"', given: equals(where, "group") },
    func: { column: "func", given: equals(where, "func") },
    errorClass: { column: "error_class", given: equals(where, "errorClass") },
  };
  // Groups have fewer tasks than outcomes that are rare, those fewer than funcs, and funcs fewer than classes of errors.
  const byEnd = [
    given.group,
    { column: `outcome <> '${mostFail}' AND outcome`, given: outcome },
    given.func,
    given.errorClass,
  ].find((one) => one.given !== undefined);
  const narrowed = by === "func" ? given.func : by === "group" ? given.group : (byEnd ?? given.group);
  const { lanes, rest } = lanesOf(where, [given.state, narrowed]);
  const step = (column: string): Step => ({ column, descending });
  const last = [step("stopped"), step("id")];
  const behind = (count: number): { behind?: Value[] } =>
    from === null ? {} : { behind: from.slice(from.length - count) as Value[] };
  if (by === "stopped") {
    const spans = where.filter((one) => one.is === "between").filter(({ field }) => field === "stopped");
    const within = lanes.map((lane) => joined([lane, ...spans.map((span) => spanSql(span.field, span))]));
    const walk = { lanes: within, steps: last, ...behind(2), head: [], also: [] };
    const known: readonly Condition[] = spans;
    return { walks: [walk], rest: rest.filter((one) => !known.includes(one)) };
  }
  if (by === "func")
    return { walks: [{ lanes, steps: [step("func"), ...last], ...behind(3), head: [], also: [] }], rest };
  const some = lanes.map((lane) => joined([lane, { sql: '"group" IS NOT NULL', values: [] }]));
  const withGroup: Walk = {
    lanes: some,
    steps: [step('"group"'), ...last],
    ...behind(3),
    head: [],
    also: [],
  };
  const withoutGroup: Walk = {
    lanes: lanesOf([], [given.state]).lanes,
    steps: last,
    ...behind(2),
    head: [null],
    also: [{ field: "group", is: "null" }],
  };
  const walks = given.group.given === undefined ? [withGroup, withoutGroup] : [withGroup];
  if (backward) walks.reverse();
  const first = from === null ? walks[0] : from[0] === null ? withoutGroup : withGroup;
  return {
    walks: walks.slice(walks.indexOf(first as Walk)).map((walk) => (walk === first ? walk : fromStart(walk))),
    rest,
  };
}

/** How nearly all failures end; the others have an index of their own. */
const mostFail = "failed";

/** The outcomes that a list is asked for, if all of them are those of few failures. */
function seldomOutcomes(where: readonly Condition[]): Equal | undefined {
  const outcome = equals(where, "outcome");
  return outcome?.values.some((one) => one === mostFail || one === "success") ? undefined : outcome;
}

function fromStart({ behind: _, ...walk }: Walk): Walk {
  return walk;
}

/** Those that come again along the index of their next runs, then the others. */
function schedulePath({ where, descending, backward, from }: PathRequest): Path {
  const lane = (sql: string): Where[] => [{ sql, values: [] }];
  const behind = (count: number): { behind?: Value[] } =>
    from === null ? {} : { behind: from.slice(from.length - count) as Value[] };
  const coming: Walk = {
    lanes: lane("next_run IS NOT NULL"),
    steps: [step("next_run", descending), step("id", descending)],
    ...behind(2),
    head: [],
    also: [],
  };
  const over: Walk = {
    lanes: lane("next_run IS NULL"),
    steps: [step("id", descending)],
    ...behind(1),
    head: [null],
    also: [],
  };
  const walks = backward ? [over, coming] : [coming, over];
  const first = from === null ? walks[0] : from[0] === null ? over : coming;
  const ahead = walks.slice(walks.indexOf(first as Walk));
  return { walks: ahead.map((walk) => (walk === first ? walk : fromStart(walk))), rest: where };
}

const ranks = { leased: 0, ready: 1, waiting: 2 } as const;

/** Leased tasks, ready ones along the index that claims use, waiting ones as they come due. */
function claimPath({ where, descending, from, readyQueues }: PathRequest): Path {
  const state = equals(where, "state");
  const queues = equals(where, "queue");
  const rest = where.filter((one) => one !== state?.condition);
  const wanted = (["leased", "ready", "waiting"] as const).filter(
    (one) => state === undefined || state.values.includes(one),
  );
  const walks = (descending ? wanted.toReversed() : wanted).flatMap((one): Walk[] => {
    const ahead = from === null ? 0 : (descending ? -1 : 1) * (ranks[one] - Number(from[0]));
    if (ahead < 0) return [];
    const here = ahead === 0 && from !== null ? from : null;
    if (one === "ready") {
      const lanes = readyQueues
        .filter((queue) => queues === undefined || queues.values.includes(queue))
        .flatMap((queue) => [0, 1].map((isolate) => readyLane(queue, isolate)));
      return readyWalks(lanes, here, descending);
    }
    return [
      {
        lanes: [{ sql: `state = '${one}'`, values: [] }],
        steps: [step("due", descending), step("id", descending)],
        ...(here === null ? {} : { behind: here.slice(2) as Value[] }),
        head: [ranks[one], 0],
        also: [],
      },
    ];
  });
  return { walks, rest };
}

const step = (column: string, descending: boolean): Step => ({ column, descending });

const readyLane = (queue: string, isolate: number): Where => ({
  sql: `state = 'ready' AND queue = ? AND isolate = ${isolate}`,
  values: [queue],
});

/** Higher priorities come first, so what follows a row is: the rest of its priority, then the lower ones. */
function readyWalks(lanes: readonly Where[], from: readonly Scalar[] | null, descending: boolean): Walk[] {
  const whole: Walk = {
    lanes,
    steps: [step("priority", !descending), step("due", descending), step("id", descending)],
    head: [ranks.ready],
    keyOf: (column, value) => (column === "priority" ? 0 - Number(value) : value),
    also: [],
  };
  if (from === null) return [whole];
  const priority = 0 - Number(from[1]);
  const of = (comparison: string): Where[] =>
    lanes.map((lane) => joined([lane, { sql: `priority ${comparison} ?`, values: [priority] }]));
  const same: Walk = {
    lanes: of("="),
    steps: [step("due", descending), step("id", descending)],
    behind: from.slice(2) as Value[],
    head: from.slice(0, 2),
    also: [],
  };
  return [same, { ...whole, lanes: of(descending ? ">" : "<") }];
}

interface Equal {
  condition: Condition | undefined;
  values: readonly Scalar[];
}

/** The values that a field is asked to have one of, if the list is asked that. */
function equals(where: readonly Condition[], field: string): Equal | undefined {
  const condition = where.find((one) => one.is === "in" && one.field === field && !one.values.includes(null));
  return condition?.is === "in" ? { condition, values: [...new Set(condition.values)] } : undefined;
}

/** A lane for each combination of values, as long as there are few; what the lanes say need not be asked again. */
function lanesOf(
  where: readonly Condition[],
  columns: readonly { column: string; given: Equal | undefined; literal?: boolean }[],
): { lanes: Where[]; rest: Condition[] } {
  let lanes: Where[] = [{ sql: "1 = 1", values: [] }];
  const used = new Set<Condition>();
  for (const { column, given, literal = false } of columns) {
    if (given === undefined || lanes.length * given.values.length > mostLanes) continue;
    lanes = lanes.flatMap((lane) =>
      given.values.map((value) =>
        joined([
          lane,
          literal ? { sql: `${column} = '${value}'`, values: [] } : { sql: `${column} = ?`, values: [value] },
        ]),
      ),
    );
    if (given.condition !== undefined) used.add(given.condition);
  }
  return { lanes, rest: where.filter((one) => !used.has(one)) };
}
