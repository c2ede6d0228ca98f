// Bulk actions in the background: rows of the meta chapter with a lease, done step by step by whichever admin process holds it.
import { childId, isId, newId } from "../core/id.ts";
import { nextTurn } from "../core/clock.ts";
import type { AuditEntry } from "../store/broker.ts";
import type { Store } from "../store/store.ts";
import type { User } from "./access.ts";
import type { Count, FormValue, OperationState } from "./contract.ts";
import { actOn, findAction, type Tally } from "./engine/actions.ts";
import { contextFor, type Setting } from "./engine/context.ts";
import { idsCondition, type Model, readListRequest } from "./engine/list.ts";
import type { ActionContext, AdminContext } from "./engine/admin-context.ts";

const prefix = "operation:";
const rowsAStep = 500;
const readAStep = 5_000;
const leaseMs = 30_000;
const keptProblems = 100;
const listed = 50;
const scanned = 500;
/** What has ended is shown for a minute, and kept for a day so that its browser may ask once more. */
const shownMs = 60_000;
const keptMs = 86_400_000;

/** As it is kept. */
export interface Operation {
  id: string;
  model: string;
  action: string;
  label: string;
  by: User;
  address: string | null;
  reason: string | null;
  answers: Record<string, FormValue>;
  ids: string[] | null;
  matching: { query: string; at: number } | null;
  /** How far it has come: a number of ids, or a cursor. */
  place: string | null;
  state: OperationState["state"];
  total: Count;
  done: number;
  skipped: number;
  failed: number;
  problems: { id: string; reason: string; failed: boolean }[];
  to: string | null;
  started: number;
  ended: number | null;
  lease: { owner: string; until: number } | null;
}

export interface OperationsOptions {
  setting: Setting;
  /** The model as it is for a user now; undefined: it is registered no more. */
  model(name: string, user: User): Promise<Model | undefined>;
  changed(operation: Operation): void;
}

export class Operations {
  readonly #options: OperationsOptions;
  readonly #owner: string;
  readonly #running = new Map<string, Promise<Operation>>();

  constructor(options: OperationsOptions) {
    this.#options = options;
    this.#owner = newId(options.setting.client.clock);
  }

  /** Adds it, unless the same one is there; answers the one that stands. */
  async add(operation: Operation): Promise<{ operation: Operation; fresh: boolean }> {
    const { store } = await this.#options.setting.client.open();
    await this.#tidy(store);
    const fresh = await store.metaSwap(prefix + operation.id, null, JSON.stringify(operation));
    return { operation: fresh ? operation : ((await this.find(operation.id)) ?? operation), fresh };
  }

  async find(id: string): Promise<Operation | null> {
    const { store } = await this.#options.setting.client.open();
    const text = await store.meta(prefix + id);
    return text === null ? null : (JSON.parse(text) as Operation);
  }

  /** Whoever began it; else who may stop it and sees all rows of its list: it has their number, and names those it left out. */
  async mayFollow(operation: Operation, user: User): Promise<boolean> {
    const { access, scopeOf } = this.#options.setting;
    if (operation.by.name === user.name) return true;
    if (!(await access.allows(user, "operation.cancel", operation))) return false;
    return (await scopeOf(user, operation.model)).length === 0;
  }

  /** Those under way, and those that ended lately; takes over what nobody carries on. */
  async list(): Promise<Operation[]> {
    const { store } = await this.#options.setting.client.open();
    const now = await store.time();
    const all = (await store.metas(prefix, { limit: scanned })).map(
      ({ value }) => JSON.parse(value) as Operation,
    );
    for (const operation of all) if (isLeft(operation, now)) this.goOn(operation.id);
    return all
      .filter(({ state, ended }) => state === "running" || (ended !== null && now - ended < shownMs))
      .sort((a, b) => b.started - a.started)
      .slice(0, listed);
  }

  /** The one that stands then; the entry is written with it, if it was this call that stopped it. */
  async cancel(id: string, entry: AuditEntry): Promise<Operation | null> {
    const { store } = await this.#options.setting.client.open();
    for (;;) {
      const text = await store.meta(prefix + id);
      if (text === null) return null;
      const operation = JSON.parse(text) as Operation;
      if (operation.state !== "running") return operation;
      const cancelled: Operation = {
        ...operation,
        state: "cancelled",
        ended: await store.time(),
        lease: null,
      };
      if (await store.metaSwap(prefix + id, text, JSON.stringify(cancelled), entry)) {
        this.#options.changed(cancelled);
        return cancelled;
      }
    }
  }

  /** Carries it on to its end, in this process once; what another process holds is left to it. */
  run(id: string): Promise<Operation> {
    const running = this.#running.get(id) ?? this.#carryOn(id).finally(() => this.#running.delete(id));
    this.#running.set(id, running);
    return running;
  }

  /** The same in the background: what stops it is logged, and whoever looks at operations next carries it on. */
  goOn(id: string): void {
    const { logger } = this.#options.setting.client;
    this.run(id).catch((error: unknown) =>
      logger.error(`an operation of the admin stopped: ${String(error)}`),
    );
  }

  /** Waits until nothing runs here any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running.values());
  }

  async #carryOn(id: string): Promise<Operation> {
    const { client } = this.#options.setting;
    const { store } = await client.open();
    for (;;) {
      const text = await store.meta(prefix + id);
      if (text === null) throw new Error(`the operation ${id} is gone`);
      const operation = JSON.parse(text) as Operation;
      const now = await store.time();
      if (operation.state !== "running") return operation;
      if (operation.lease !== null && operation.lease.owner !== this.#owner && operation.lease.until > now)
        return operation;
      const leased = JSON.stringify({ ...operation, lease: { owner: this.#owner, until: now + leaseMs } });
      if (!(await store.metaSwap(prefix + id, text, leased))) continue;
      const after = await this.#step(operation, now).catch((error: unknown): Operation => {
        client.logger.error(`the operation ${operation.model}.${operation.action} stopped: ${String(error)}`);
        return { ...operation, state: "failed", ended: now };
      });
      const kept = await this.#keep(store, leased, after);
      if (kept !== null) this.#options.changed(kept);
      await new Promise<void>(nextTurn);
    }
  }

  /** What a step came to. Cancelled meanwhile: what the step did stands, and is counted. */
  async #keep(store: Store, leased: string, after: Operation): Promise<Operation | null> {
    const key = prefix + after.id;
    if (await store.metaSwap(key, leased, JSON.stringify({ ...after, lease: null }))) return after;
    const text = await store.meta(key);
    const standing = text === null ? null : (JSON.parse(text) as Operation);
    if (text === null || standing?.state !== "cancelled") return null;
    const counted: Operation = { ...after, state: "cancelled", ended: standing.ended, lease: null };
    return (await store.metaSwap(key, text, JSON.stringify(counted))) ? counted : null;
  }

  async #step(operation: Operation, now: number): Promise<Operation> {
    const { setting } = this.#options;
    const opened = await setting.client.open();
    const { by: user, address, reason } = operation;
    const model = await this.#options.model(operation.model, user);
    if (model === undefined) return { ...operation, state: "failed", ended: now };
    const ctx = contextFor(setting, opened, { user, address, now, ...(reason === null ? {} : { reason }) });
    const { rows, missing, place } = await nextRows(operation, model, ctx);
    const action = findAction(model.admin, operation.action);
    const tally = await actOn(model, action, rows, operation.answers, forOperation(ctx, operation));
    for (const id of missing) tally.skipped.push({ id, reason: "It is gone." });
    const counted = addTally(operation, tally);
    return {
      ...counted,
      place,
      ...(place === null ? { state: "done", ended: await opened.store.time() } : {}),
    };
  }

  async #tidy(store: Store): Promise<void> {
    const now = await store.time();
    for (const { key, value } of await store.metas(prefix, { limit: scanned })) {
      const { ended } = JSON.parse(value) as Operation;
      if (ended !== null && now - ended > keptMs) await store.metaSwap(key, value, null);
    }
  }
}

function isLeft({ state, lease }: Operation, now: number): boolean {
  return state === "running" && (lease === null || lease.until <= now);
}

interface NextRows {
  rows: unknown[];
  missing: string[];
  /** Null: these are the last. */
  place: string | null;
}

async function nextRows(operation: Operation, model: Model, ctx: AdminContext): Promise<NextRows> {
  const { ids, matching, place } = operation;
  const { source } = model.admin;
  if (matching === null) {
    const from = Number(place ?? 0);
    const wanted = (ids ?? []).slice(from, from + rowsAStep);
    const { rows } = await source.list(ctx, {
      where: [...model.scope, idsCondition(model.admin, wanted)],
      order: { by: "id", descending: true },
      limit: rowsAStep,
      step: readAStep,
    });
    const found = new Map(rows.map((row) => [source.id(row), row]));
    const next = from + wanted.length;
    return {
      rows: wanted.flatMap((id) => (found.has(id) ? [found.get(id)] : [])),
      missing: wanted.filter((id) => !found.has(id)),
      place: next < (ids ?? []).length ? String(next) : null,
    };
  }
  const page = await source.list(ctx, {
    ...matchingRequest(model, matching, ctx),
    limit: rowsAStep,
    step: readAStep,
    ...(place === null ? {} : { after: place }),
  });
  return { rows: page.rows, missing: [], place: page.after };
}

/** All that match a list's address, but what came into it after that moment. */
export function matchingRequest(
  model: Model,
  { query, at }: { query: string; at: number },
  ctx: AdminContext,
): Pick<ReturnType<typeof readListRequest>, "where" | "order"> {
  const parameters = new URLSearchParams(query);
  // In the list's own order, which an index carries: the one that was looked at may not be there for so many.
  for (const name of ["after", "before", "limit", "columns", "sort"]) parameters.delete(name);
  const { where, order } = readListRequest(model, parameters, { ...ctx, now: at });
  const { moment } = model.admin.source;
  return {
    where: moment === null ? where : [...where, { field: moment, is: "between", to: at + 1 }],
    order,
  };
}

/** What is made for a row has an id that comes from both: made again it is the same. */
function forOperation(ctx: AdminContext, { id, started }: Operation): ActionContext {
  const time = started.toString(16).padStart(12, "0");
  return { ...ctx, idFor: (row) => childId(`${time.slice(0, 8)}-${time.slice(8)}${id}`, row) };
}

function addTally(operation: Operation, { done, skipped, failed, to }: Tally): Operation {
  const problems = [
    ...skipped.map((one) => ({ ...one, failed: false })),
    ...failed.map((one) => ({ ...one, failed: true })),
  ];
  return {
    ...operation,
    done: operation.done + done,
    skipped: operation.skipped + skipped.length,
    failed: operation.failed + failed.length,
    problems: [...operation.problems, ...problems].slice(0, keptProblems),
    to: operation.done + done === 1 ? (to ?? operation.to) : null,
  };
}

export function operationState(operation: Operation): OperationState {
  const { id, action, model, label, by, state, total, done, skipped, failed, problems, started } = operation;
  return {
    id,
    action,
    model,
    label,
    by: by.name,
    state,
    total,
    done,
    skipped,
    failed,
    problems: problems.map(({ id, reason }) => ({ id, reason })),
    started,
  };
}

export function isOperationId(text: unknown): text is string {
  return typeof text === "string" && (isId(text) || /^[\w-]{8,64}$/.test(text));
}
