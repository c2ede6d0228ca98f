// Schedules that an application declares: made and updated by name, as often and by as many processes as like to.
import { text } from "../core/check.ts";
import { isQuernError, QuernError } from "../core/errors.ts";
import { newId } from "../core/id.ts";
import {
  type Declared,
  type DeclaredBy,
  readDeclared,
  reasonOf,
  rememberKey,
  writeDeclared,
} from "../core/schedule/definition.ts";
import type { AuditEntry } from "../store/broker.ts";
import type { ScheduleRow } from "../store/schedules.ts";
import type { Store } from "../store/store.ts";
import type { Client } from "./client.ts";
import { scheduleChange } from "./schedule/audit.ts";
import {
  changedRow,
  checkScheduledInput,
  contentOf,
  declaredRepeats,
  definitionIn,
  isOver,
  mostTries,
  newRow,
  type RowToSave,
  type ScheduleDraft,
} from "./schedule/draft.ts";

const pageOf = 500;

/**
 * Makes it, or updates it where the declaration has changed. The same declaration changes nothing, so what people edited stays; only
 * what was stopped is let go, if it stands as it is declared. Null: there is none, for it deleted itself when it had run, or its
 * end has passed. Throws QUERN_BAD_INPUT.
 */
export async function declareSchedule(
  client: Client,
  by: DeclaredBy,
  draft: ScheduleDraft,
): Promise<ScheduleRow | null> {
  const { store } = await client.open();
  await checkScheduledInput(client, draft, await store.time());
  return declare(client, by, draft, null);
}

/** `refused`: why it can't run. It is then made or updated all the same, and stopped, so that it shows why. */
async function declare(
  client: Client,
  by: DeclaredBy,
  draft: ScheduleDraft,
  refused: string | null,
): Promise<ScheduleRow | null> {
  const { store } = await client.open();
  const declared: Declared = { by, content: contentOf(draft) };
  const name = text(draft.name, "the name of a schedule");
  for (let tries = 0; tries < mostTries; tries++) {
    const row = await store.schedule(name);
    const now = await store.time();
    if (row === null || row.name !== name) {
      const made = await make(client, store, draft, declared, now, refused);
      if (made !== "taken") return made;
    } else if (isUnsettled(row)) {
      await settle(store, row, by);
    } else if (readDeclared(row.declared)?.content === declared.content) {
      const standing = { ...row, declared: writeDeclared(declared), ...standingOf(row, draft, refused) };
      if (row.declared === standing.declared && row.error === standing.error && row.held === standing.held)
        return row;
      const saved = await save(store, row, { ...standing, version: row.version + 1 }, by);
      if (saved && !isUnsettled(standing)) return store.schedule(row.id);
    } else {
      const changed = { ...redeclared(row, draft, declared, now), ...stoppedBy(refused) };
      if (await save(store, row, changed, by)) {
        client.logger.info(`schedule [${name}] was updated, as its declaration changed`);
        return store.schedule(row.id);
      }
    }
  }
  throw new QuernError("QUERN_STALE_SCHEDULE", { schedule: name, current: "(unknown)" });
}

async function make(
  client: Client,
  store: Store,
  draft: ScheduleDraft,
  declared: Declared,
  now: number,
  refused: string | null,
): Promise<ScheduleRow | null | "taken"> {
  if (isOver(draft.definition, now)) return null;
  const known = rememberKey({ name: draft.name, declared: writeDeclared(declared) });
  if (known !== undefined && (await store.meta(known)) !== null) return null;
  const fresh = newRow(draft, newId(client.clock), declared, now);
  const row = { ...fresh, held: deletesItself(draft), ...stoppedBy(refused) };
  const audit = entry(declared.by, "schedule.create", row.id, scheduleChange(null, row));
  if ((await store.saveSchedule(row, null, audit)) !== "saved") return "taken";
  client.logger.info(`schedule [${draft.name}] was made, as it is declared`);
  const saved = await store.schedule(row.id);
  return saved !== null && isUnsettled(saved) ? settle(store, saved, declared.by) : saved;
}

type Standing = Pick<ScheduleRow, "error" | "held">;

function stoppedBy(refused: string | null): Standing | undefined {
  return refused === null ? undefined : { error: refused, held: true };
}

/** How a declaration that has not changed leaves it. What people made of it meanwhile is theirs, and so is its error. */
function standingOf(row: ScheduleRow, draft: ScheduleDraft, refused: string | null): Standing {
  const { error, held } = row;
  if (definitionIn(row)?.input !== draft.definition.input) return { error, held };
  if (refused !== null) return { error: refused, held: true };
  // It may have been refused before, and its function takes it now. One that deletes itself is settled first.
  return held ? { error: null, held: deletesItself(draft) } : { error, held };
}

function deletesItself({ definition, repeats }: ScheduleDraft): boolean {
  return definition.type === "once" && repeats < 0;
}

// Another process may have made the same one, seen it run and delete itself, all since we looked whether it had. So one that deletes
// itself is held when it is made, and let go only if nothing is remembered of it even then.
async function settle(store: Store, row: ScheduleRow, by: DeclaredBy): Promise<ScheduleRow | null> {
  const known = rememberKey(row);
  if (known !== undefined && (await store.meta(known)) !== null) {
    await store.deleteSchedule(row.id, entry(by, "schedule.delete", row.id, scheduleChange(row, null)));
    return null;
  }
  const free = { ...row, held: false, version: row.version + 1 };
  await store.saveSchedule(free, row);
  return store.schedule(row.id);
}

function isUnsettled({ held, error, declared }: ScheduleRow): boolean {
  return held && error === null && declared !== null;
}

function redeclared(row: ScheduleRow, draft: ScheduleDraft, declared: Declared, now: number): RowToSave {
  const before = readDeclared(row.declared);
  const repeatsBefore = before && declaredRepeats(before);
  const { definition } = draft;
  const firstRun = definition.firstRun ?? definitionIn(row)?.firstRun ?? null;
  return changedRow(
    row,
    { ...draft, definition: { ...definition, firstRun } },
    {
      now,
      declared,
      repeats: repeatsBefore === draft.repeats ? undefined : draft.repeats,
      // A pause that the declaration itself asked for ends with it.
      keepPause: repeatsBefore !== 0,
      mayEnd: true,
    },
  );
}

async function save(store: Store, row: ScheduleRow, to: RowToSave, by: DeclaredBy): Promise<boolean> {
  const audit = entry(by, "schedule.update", row.id, scheduleChange(row, to));
  return (await store.saveSchedule(to, row, audit)) === "saved";
}

function entry(
  by: DeclaredBy,
  action: string,
  object: string,
  change: Pick<AuditEntry, "before" | "after">,
): AuditEntry {
  return { who: by, action, object, ...change };
}

/**
 * For a cluster that starts: makes and updates what `schedules` of new Quern declares, and deletes what an earlier list declared and
 * this one does not, if its func is known here. One whose input its function refuses is stopped and shows why; one that can't be
 * declared at all is logged. Neither keeps the others, or the cluster, from running.
 */
export async function declareSchedules(client: Client): Promise<void> {
  const { store } = await client.open();
  for (const draft of client.declarations) {
    const refused = await refusalOf(client, draft, await store.time());
    if (refused !== null)
      client.logger.error(`schedule [${draft.name}] can't take the input it is declared with: ${refused}`);
    try {
      await declare(client, "config", draft, refused);
    } catch (error) {
      if (!isQuernError(error) || error.code.startsWith("QUERN_DATABASE_")) throw error;
      client.logger.error(`schedule [${draft.name}] could not be declared: ${error.message}`);
    }
  }
  await deleteUndeclared(client);
}

/** Whatever the schema throws: it is about this schedule only. */
async function refusalOf(client: Client, draft: ScheduleDraft, now: number): Promise<string | null> {
  try {
    await checkScheduledInput(client, draft, now);
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}

async function deleteUndeclared(client: Client): Promise<void> {
  const { store } = await client.open();
  const names = new Set(client.declarations.map(({ name }) => name));
  for (let after: string | undefined, more = true; more; ) {
    const page = await store.schedules(
      { declared: true },
      { limit: pageOf, ...(after === undefined ? {} : { after }) },
    );
    for (const row of page.schedules) {
      const ours =
        readDeclared(row.declared)?.by === "config" && client.registry.find(row.func) !== undefined;
      if (!ours || names.has(row.name)) continue;
      const audit = entry("config", "schedule.delete", row.id, scheduleChange(row, null));
      if (await store.deleteSchedule(row.id, audit))
        client.logger.info(`schedule [${row.name ?? row.id}] was deleted, as it is declared no longer`);
    }
    after = page.next ?? undefined;
    more = page.next !== null;
  }
}
