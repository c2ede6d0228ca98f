// Enqueues the tasks of the plan, each at its moment, and writes down what was meant and what was answered.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Ledger } from "./ledger.mjs";
import quern, { tasks } from "./project.mjs";

const runnerGone = () => process.exit(2);
process.on("disconnect", runnerGone);

const folder = process.env.SOAK_FOLDER;
const ledger = new Ledger(folder, "enqueuer");
const steps = readFileSync(join(folder, "plan.jsonl"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith('{"at"') && line.includes('"kind"'))
  .map((line) => JSON.parse(line));

const began = performance.now();
const underWay = new Set();
const mostUnderWay = 200;

for (const step of steps) {
  if (step.kind === "unreadable") continue; // injected by the runner, behind Quern's back
  await sleep(Math.max(0, step.at - (performance.now() - began)));
  while (underWay.size >= mostUnderWay) await Promise.race(underWay);
  const one = (step.kind === "slot" ? schedule(step) : enqueue(step)).finally(() => underWay.delete(one));
  underWay.add(one);
}
await Promise.all(underWay);
await quern.close();
process.off("disconnect", runnerGone);
process.disconnect();

async function enqueue({ kind, ids, input, unique, delay, cancelAfter }) {
  for (const id of ids) ledger.write("intent", id, kind, ...(unique === undefined ? [] : [unique]));
  try {
    if (ids.length > 1) {
      await quern.enqueueMany(
        tasks[kind],
        ids.map(() => input),
        (_input, index) => ({ id: ids[index] }),
      );
      for (const id of ids) ledger.write("acked", id);
      return;
    }
    const [id] = ids;
    const call = {
      id,
      ...(unique === undefined ? {} : { unique }),
      ...(delay === undefined ? {} : { delay }),
    };
    const queued = await quern.enqueue(tasks[kind], input, call);
    ledger.write("acked", id, ...(queued.id === id ? [] : [queued.id]));
    if (cancelAfter !== undefined) await cancel(id, cancelAfter);
  } catch (error) {
    for (const id of ids) ledger.write("rejected", id, error.code ?? error.name);
    console.error(`enqueue of ${kind} ${ids[0]} was rejected:`, error);
  }
}

/** Every second from now on; what it owes is written down before it can fire. */
async function schedule({ seconds }) {
  const first = Math.ceil(Date.now() / 1_000 + 4) * 1_000;
  const last = first + seconds * 1_000;
  const times = { cron: "* * * * * *", firstRun: new Date(first), end: new Date(last) };
  const { id } = await quern.schedules.create(tasks.slot, undefined, { ...times, missed: "all" });
  // One that is made later has no slot there: no verdict is better than a wrong one.
  if (Date.now() >= first) throw new Error("this machine made a schedule too slowly");
  for (let slot = first; slot <= last; slot += 1_000) ledger.write("due", id, slot);
}

async function cancel(id, after) {
  await sleep(after);
  const answer = await quern.tasks.cancel(id);
  ledger.write("cancelled", id, answer);
}
