// Puts rows into the queue behind Quern's back that nobody can read: they must be kept and shown, and hold nobody up.
import { setTimeout as sleep } from "node:timers/promises";

const envelopes = [
  "",
  "not an envelope",
  '{"v":99}',
  "1.k1.c2ln.Ym9keQ",
  "\u202e\u0007<b>",
  "x".repeat(10_000),
];

/** `steps`: those of the plan whose kind is `unreadable`. */
export async function injectUnreadable(steps, engine, ledger, signal) {
  const began = performance.now();
  for (const [index, { at, ids }] of steps.entries()) {
    await sleep(Math.max(0, at - (performance.now() - began)), undefined, { signal });
    await engine.insertUnreadable(ids, envelopes[index % envelopes.length]);
    for (const id of ids) ledger.write("injected", id);
  }
}
