// context.completeIn(): an attempt ends in the transaction that holds what it has done. The fence is checked there, so effects and
// end of a task are committed by one attempt only, whoever else believes to have its lease.
import { openCall } from "../core/envelope.ts";
import { QuernError } from "../core/errors.ts";
import type { Report } from "../core/outcome.ts";
import type { Transaction } from "../core/transaction.ts";
import type { Client } from "./client.ts";
import type { CurrentAttempt } from "./current-attempt.ts";
import { endingOf } from "./ending.ts";

/** What its report would say, for whoever had it run can't add to it any more. */
export type Completion = Pick<Report, "worker" | "started" | "result" | "log" | "progress">;

export async function completeIn(
  client: Client,
  { id, attempt }: CurrentAttempt,
  tx: Transaction,
  completion: Completion,
): Promise<void> {
  const opened = await client.open();
  // The number of an attempt is given to one owner only, so who runs this one is whoever stands in the row with it.
  const task = await opened.store.task(id);
  if (task?.state !== "leased" || task.attempt !== attempt) {
    const records = await opened.store.attempts(id);
    const completed = records.some((record) => record.attempt === attempt && record.outcome === "success");
    throw new QuernError(completed ? "QUERN_ALREADY_COMPLETED" : "QUERN_LEASE_LOST", { id, attempt });
  }
  const report: Report = {
    ...completion,
    outcome: "success",
    stopped: Math.max(completion.started ?? 0, client.clock.now()),
    error: null,
    retry: true,
    snoozeMs: null,
    unknown: false,
  };
  const { options } = openCall(task.envelope, task, opened.keyring);
  const answer = await opened.store.finishIn(tx, endingOf(client, opened, task, options, report));
  if (answer === "already") throw new QuernError("QUERN_ALREADY_COMPLETED", { id, attempt });
  if (answer !== "done") throw new QuernError("QUERN_LEASE_LOST", { id, attempt });
}
