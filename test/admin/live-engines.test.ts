// Live updates on each engine: a task that another connection queues, runs and ends is told to the lists it comes into and leaves.
import { afterEach, beforeEach, it } from "vitest";
import { failed } from "../../src/testing/store/examples.ts";
import { add, AdminUnderTest } from "./admin-under-test.ts";
import { type Database, onEveryEngine } from "./databases.ts";

await onEveryEngine((openDatabase) => {
  let database: Database;
  let under: AdminUnderTest;
  let other: AdminUnderTest;
  beforeEach(async () => {
    database = await openDatabase();
    under = new AdminUnderTest({ debug: true }, { database: database.url });
    await under.store();
    const isShared = database.url !== "memory:";
    other = isShared ? new AdminUnderTest({ debug: true }, { database: database.url }) : under;
  });
  afterEach(async () => {
    if (other !== under) await other.close();
    await under.close();
    await database.remove();
  });

  it("a task's way is told step by step", async () => {
    const request = new Request("http://localhost/api/stream", { headers: { host: "localhost" } });
    const { body } = await under.admin(request, { address: "127.0.0.1" });
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    /** Waits for these events, in whatever order. */
    const told = async (...events: [name: string, data: object][]): Promise<void> => {
      const waited = events.map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n`);
      while (!waited.every((one) => text.includes(one))) text += (await reader.read()).value ?? "";
      text = "";
    };
    const one = { number: 1, capped: false };
    await told(["new", { model: "queued", count: null }]); // The first look, with nothing before it.
    const id = await other.enqueue(add, { a: 1 });
    await told(["new", { model: "queued", count: one }]);
    const [running] = await other.claim();
    await told(["rows", { model: "queued", ids: [id] }], ["new", { model: "running", count: one }]);
    await (await other.store()).finish([failed(running!, { stopped: Date.now() })]);
    await told(
      ["rows", { model: "queued", ids: [id] }],
      ["rows", { model: "running", ids: [id] }],
      ["new", { model: "failure", count: one }],
      ["rows", { model: "task", ids: [id] }],
    );
    await reader.cancel();
  });
});
