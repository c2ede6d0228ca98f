// A client that enqueues without end, in all the ways there are, and says in its ledger what it was told. Somebody kills it.
import { randomUUID } from "node:crypto";
import { systemClock } from "../../dist/core/clock.js";
import { newId } from "../../dist/core/id.js";
import quern from "./project.mjs";
import { tasks, writeLedger } from "./tasks.mjs";

const ledger = writeLedger(process.env.FAULT_FOLDER, "client");
const ids = (count) => Array.from({ length: count }, () => newId(systemClock));

async function single(id) {
  ledger.write("intent", id, "noop");
  await quern.enqueue(tasks.noop, undefined, { id });
  ledger.write("acked", id);
}

async function many(those) {
  for (const id of those) ledger.write("intent", id, "noop");
  await quern.enqueueMany(tasks.noop, those, (id) => ({ id }));
  for (const id of those) ledger.write("acked", id);
}

async function unique(id, key) {
  ledger.write("intent", id, "unique", key);
  const { id: holder } = await quern.enqueue(tasks.nap, 0, { id, unique: { key } });
  ledger.write("acked", id, holder);
}

for (;;) {
  const key = randomUUID();
  await Promise.all([...ids(20).map(single), many(ids(20)), ...ids(3).map((id) => unique(id, key))]);
}
