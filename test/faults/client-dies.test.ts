// F24a: a client that dies while it enqueues. Each call is wholly there or wholly absent, and may be repeated with its id.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { faultRun, type FaultRun, trials } from "./harness.ts";
import { tasks } from "./tasks.mjs";

const script = fileURLToPath(new URL("client.mjs", import.meta.url));

/** Starts a client and kills it somewhere behind its first lines. */
async function killedClient(run: FaultRun, afterLines: number): Promise<void> {
  const client = spawn(process.execPath, [script], { env: run.environment(), stdio: "ignore" });
  const ledger = `client-${client.pid}.ledger`;
  await run.until("the client enqueues", 10_000, () => {
    return (
      readdirSync(run.folder).includes(ledger) &&
      readFileSync(join(run.folder, ledger), "utf8").split("\n").length > afterLines
    );
  });
  const gone = new Promise((resolve) => client.once("exit", resolve));
  client.kill("SIGKILL");
  await gone;
}

test("a call whose client was killed in it is wholly there or wholly absent, and its repetition makes no second task", {
  timeout: 600_000,
}, async () => {
  await faultRun({}, async (run) => {
    for (let trial = 0; trial < trials(5, 200); trial++)
      await killedClient(run, Math.floor(Math.random() * 300));

    // Whoever asked asks again, with the same ids: those that were acknowledged too.
    const intents = run
      .ledgers()
      .flatMap((text) => text.split("\n"))
      .map((line) => line.split(" "))
      .filter(([, , verb]) => verb === "intent");
    const acked = new Set(run.lines("acked").map(({ id }) => id));
    expect(intents.length).toBeGreaterThan(acked.size);
    const { quern } = run;
    await Promise.all(
      intents.map(async ([, , , id = "", kind, key = ""]) => {
        const options = kind === "unique" ? { id, unique: { key } } : { id };
        const name = kind === "unique" ? "nap" : "noop";
        const handle = await quern.enqueue(tasks[name] as never, 0 as never, options);
        if (!acked.has(id)) run.say("acked", id, handle.id);
      }),
    );
    const waiting = (await quern.queues.list()).reduce((sum, { ready }) => sum + ready, 0);
    const plain = intents.filter(([, , , , kind]) => kind !== "unique").length;
    const keys = new Set(intents.filter(([, , , , kind]) => kind === "unique").map(([, , , , , key]) => key));
    expect(waiting).toBe(plain + keys.size);

    await run.start();
    await run.until("all have run", 120_000, async () => (await quern.queues.list()).length === 0);
    expect(await quern.tasks.count({ state: ["success"] })).toBe(waiting);
    // Long after the end too.
    for (const { id } of run.lines("end").slice(0, 50))
      await quern.enqueue(tasks["noop"] as never, undefined as never, { id });
    expect(await quern.tasks.count()).toBe(waiting);
  });
});
