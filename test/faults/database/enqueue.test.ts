// F23, F24b: enqueue while the database server is away, or when the answer to its commit is lost.
import { expect, test } from "vitest";
import { newId } from "../../../dist/core/id.js";
import { systemClock } from "../../../dist/core/clock.js";
import { describeEngine } from "../../servers/describe-engine.ts";
import { FailingPostgres } from "../../servers/failing-postgres.ts";
import { startProxy } from "../../servers/proxy.ts";
import { databaseRun, onRecord } from "./database-run.ts";
import { type FaultRun, now, report, trials } from "../harness.ts";
import { makeQuern, tasks } from "../tasks.mjs";

const noop = tasks["noop"] as never;
const ids = (count: number): string[] => Array.from({ length: count }, () => newId(systemClock));

/** One call, and in the ledger what became of it. */
async function call(run: FaultRun, id: string): Promise<unknown> {
  run.say("intent", id, "noop");
  try {
    await run.quern.enqueue(noop, undefined as never, { id });
    run.say("acked", id);
    return undefined;
  } catch (error) {
    run.say("rejected", id, (error as { code: string }).code);
    return error;
  }
}

let server: FailingPostgres;
await describeEngine(
  "PostgreSQL that fails",
  async () => (server = await FailingPostgres.start()),
  () => {
    test("calls made while the server is away are queued when it is back in time, each once", async () => {
      await databaseRun(server, {}, async (run) => {
        await run.enqueue("noop");
        const calls = ids(trials(300, 1_000));
        let answers: Promise<unknown>[] = [];
        await server.away("immediate", async () => {
          answers = calls.map((id) => call(run, id));
          await run.until("they have waited", 5_000, () => run.lines("intent").length > calls.length);
        });
        expect(await Promise.all(answers)).toEqual(calls.map(() => undefined));
        const [queue] = await run.quern.queues.list();
        expect(queue?.ready).toBe(calls.length + 1);
        await run.start();
        await run.until("all have run", 20_000, async () => (await run.quern.queues.list()).length === 0);
      });
    });

    test("calls that waited in vain are rejected within their five seconds, by an error that carries the id", async () => {
      await databaseRun(server, {}, async (run) => {
        await run.enqueue("noop");
        const [first = "", ...more] = ids(20);
        const together = ids(2);
        await server.away("fast", async () => {
          const began = now();
          const many = run.quern.enqueueMany(noop, [undefined, undefined] as never, (_input, index) => ({
            id: together[index] as string,
          }));
          const refusedTogether = expect(many).rejects.toMatchObject({
            code: "QUERN_ENQUEUE_UNCERTAIN",
            details: { ids: together },
          });
          const errors = await Promise.all([first, ...more].map((id) => call(run, id)));
          await refusedTogether;
          report("F23: ms until an enqueue is rejected", [now() - began]);
          expect(now() - began).toBeLessThan(6_000);
          expect(errors).toMatchObject(
            [first, ...more].map((id) => ({ code: "QUERN_ENQUEUE_UNCERTAIN", details: { id } })),
          );
        });
        // What was rejected is not there, and may be asked for again.
        expect((await run.quern.queues.list())[0]?.ready).toBe(1);
        expect(await call(run, first)).toBeUndefined();
        await run.start();
        await run.until("all have run", 20_000, async () => (await run.quern.queues.list()).length === 0);
      });
    });

    test("a call whose answer is lost under the commit is repeated: its caller gets its task, and there is one", async () => {
      const wire = await startProxy(server.url);
      try {
        await databaseRun(server, {}, async (run, through) => {
          const { database = "" } = through(wire.url).settings;
          const far = makeQuern(run.folder, { database });
          await far.queues.list();
          const calls = trials(5, 50);
          await onRecord(run, "answer-lost", async () => {
            for (let index = 0; index < calls; index++) {
              const [one = "", ...many] = ids(4);
              for (const id of [one, ...many]) run.say("intent", id, "noop");
              const lost = wire.cutAnswerTo(/COMMIT(?!TED)/);
              const handle = await far.enqueue(noop, undefined as never, { id: one });
              expect([handle.id, handle.deduplicated, lost.done()]).toEqual([one, false, true]);
              const lostToo = wire.cutAnswerTo(/COMMIT(?!TED)/);
              const handles = await far.enqueueMany(noop, many as never, (id) => ({ id: String(id) }));
              expect([handles.map(({ id }) => id), lostToo.done()]).toEqual([many, true]);
              for (const id of [one, ...many]) run.say("acked", id);
            }
          });
          await far.close();
          expect((await run.quern.queues.list())[0]?.ready).toBe(4 * calls);
          await run.start();
          await run.until("all have run", 20_000, async () => (await run.quern.queues.list()).length === 0);
        });
      } finally {
        await wire.stop();
      }
    });
  },
);
