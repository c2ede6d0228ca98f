// A slot of a schedule becomes a task: the call it keeps, merged and sealed as if it were enqueued now.
import { decode, encode } from "../core/codec.ts";
import { resolveCall } from "../core/options.ts";
import { type DefinedRow, readSchedule, withIntendedDate } from "../core/schedule/definition.ts";
import type { Keyring } from "../core/signing.ts";
import type { NewTask } from "../store/broker.ts";
import type { Client } from "./client.ts";
import { sealTask } from "./enqueue/enqueue.ts";

/** What a task is made from. */
export interface ScheduledRow extends DefinedRow {
  func: string;
  queue: string;
}

/**
 * Throws what is wrong with the row: QUERN_UNREADABLE_SCHEDULE, QUERN_UNKNOWN_TASK for a func this process does not know, QUERN_BAD_OPTION and the like.
 * Its input was checked when it was saved, and is checked again before the function runs.
 */
export function scheduledTask(client: Client, keyring: Keyring, row: ScheduledRow, slot: number): NewTask {
  const task = client.registry.get(row.func);
  const { input, options, group, intendedDateKey } = readSchedule(row);
  const call = resolveCall(
    { ...options, queue: row.queue, group },
    task.options,
    client.options,
    task.taskName,
  );
  const given =
    intendedDateKey === null ? input : encode(withDate(input, intendedDateKey, slot, client), client.options);
  return sealTask(client, keyring, {
    func: row.func,
    call,
    input: given,
    origin: { schedule: row.id, slot },
  });
}

function withDate(input: string, key: string, slot: number, { options }: Client): unknown {
  return withIntendedDate(decode(input, options), key, slot);
}
