// Fires what is due by hand, as a cluster's scheduler would: for tests of what is there before and after.
import { advance } from "../../src/core/schedule/schedule.ts";
import { readSchedule, rememberKey } from "../../src/core/schedule/definition.ts";
import { type Client, clientOf } from "../../src/client/client.ts";
import { scheduledTask } from "../../src/client/scheduled-task.ts";
import type { Quern } from "../../src/index.ts";
import type { Store } from "../../src/store/store.ts";

export function clientIn(quern: Quern): Client {
  return clientOf(quern) as Client;
}

export async function storeOf(quern: Quern): Promise<Store> {
  return (await clientIn(quern).open()).store;
}

/** One step of one schedule. Answers the id of its task; null: nothing was due. */
export async function fire(quern: Quern, name: string): Promise<string | null> {
  const client = clientIn(quern);
  const { store, keyring } = await client.open();
  const row = await store.schedule(name);
  if (row === null) return null;
  const step = advance(readSchedule(row), { now: await store.time() });
  if (step === null) return null;
  const remember = step.remove ? rememberKey(row) : undefined;
  const [fired] = await store.fireSchedules([
    {
      id: row.id,
      read: row,
      revision: row.revision,
      slots:
        step.slot === null ? [] : [{ slot: step.slot, task: scheduledTask(client, keyring, row, step.slot) }],
      ...step.next,
      remove: step.remove,
      ...(remember === undefined ? {} : { remember }),
    },
  ]);
  return fired?.[0]?.task ?? null;
}

/** Actions on schedules in the audit log, the oldest first. */
export async function audited(
  quern: Quern,
): Promise<{ who: string; action: string; before?: unknown; after?: unknown }[]> {
  const rows = await (await storeOf(quern)).audits(100);
  return rows
    .filter(({ action }) => action.startsWith("schedule."))
    .reverse()
    .map(({ who, action, before, after }) => ({
      who,
      action,
      ...(before == null ? {} : { before: JSON.parse(before) as unknown }),
      ...(after == null || action === "schedule.run" ? {} : { after: JSON.parse(after) as unknown }),
    }));
}
