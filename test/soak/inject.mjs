// Puts rows into the queue behind Quern's back that nobody can read: they must be kept and shown, and hold nobody up.
import { setTimeout as sleep } from "node:timers/promises";
import { tryLock } from "./bare-sqlite.mjs";

const envelopes = [
  "",
  "not an envelope",
  '{"v":99}',
  "1.k1.c2ln.Ym9keQ",
  "\u202e\u0007<b>",
  "x".repeat(10_000),
];

/** `steps`: those of the plan whose kind is `unreadable`. */
export async function injectUnreadable(steps, database, ledger, signal) {
  const insert = database.prepare(
    `INSERT INTO quern_queue (id, state, name, func, queue, priority, isolate, enqueued, due, envelope)
     VALUES (?, 'ready', 'unreadable', 'soak.noop', 'default', 0, 0, ?, ?, ?)`,
  );
  const began = performance.now();
  for (const [index, { at, ids }] of steps.entries()) {
    await sleep(Math.max(0, at - (performance.now() - began)), undefined, { signal });
    while (!tryLock(database)) await sleep(5, undefined, { signal });
    for (const id of ids) insert.run(id, Date.now(), Date.now(), envelopes[index % envelopes.length]);
    database.exec("COMMIT");
    for (const id of ids) ledger.write("injected", id);
  }
}
