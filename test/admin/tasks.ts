// The admin's conformance: what Django Q's document says of successful, failed and queued tasks, by the ids of the specification.
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type {
  Boot,
  Cell,
  DetailAnswer,
  HistoryAnswer,
  ListAnswer,
  OperationsAnswer,
  RichCell,
  SaveAnswer,
  SuggestAnswer,
} from "../../src/admin/contract.ts";
import { type AdminOptions, failureAdmin, successAdmin } from "../../src/admin/index.ts";
import { Schedules } from "../../src/client/schedules.ts";
import { encodeError } from "../../src/core/codec.ts";
import { nameOf } from "../../src/core/id.ts";
import type { CallOptions, QuernOptions } from "../../src/core/options.ts";
import type { NewTask } from "../../src/store/broker.ts";
import { exampleTask, failed, released } from "../../src/testing/store/examples.ts";
import { add, AdminUnderTest, mail } from "./admin-under-test.ts";
import type { Database } from "./databases.ts";

export function testTaskPages(openDatabase: () => Promise<Database>): void {
  let under: AdminUnderTest;
  let database: Database;
  beforeEach(async () => {
    database = await openDatabase();
  });
  afterEach(async () => {
    await under.close();
    await database.remove();
  });
  const open = (options: AdminOptions = { debug: true }, quern: Partial<QuernOptions> = {}): AdminUnderTest =>
    (under = new AdminUnderTest(options, { database: database.url, ...quern }));

  const token = "t".repeat(40);
  const remote = { headers: { authorization: `Bearer ${token}` }, address: "10.0.0.9" };
  const asRole = (role: "viewer" | "operator" | "admin", grants: string[] = []): AdminUnderTest =>
    open({ debug: false, authenticate: { tokens: { ann: { token, role, grants } } } });

  const failure = (error: unknown, more: object = {}) => ({
    outcome: "failed" as const,
    result: encodeError(error),
    ...more,
  });
  const rich = (cell: Cell | undefined): RichCell =>
    typeof cell === "object" && cell !== null ? cell : { value: cell ?? null };
  const models = async (): Promise<Boot["models"]> => (await under.get<Boot>("/api/boot")).json.models;

  describe("registrations", () => {
    it("S01 registrations are plain objects: changed columns appear in the API, and one can be taken away", async () => {
      open();
      under.admin.register("failure", { ...failureAdmin, columns: ["name", "func", "result", "attempts"] });
      under.admin.unregister("queued");
      expect((await models()).find(({ name }) => name === "failure")?.columns).toEqual([
        "name",
        "func",
        "result",
        "attempts",
      ]);
      expect((await models()).map(({ name }) => name)).not.toContain("queued");
      await under.ended(add, { a: 1 }, {}, failure(new Error("no")));
      expect(Object.keys((await under.list("failure"))[0]!.cells)).toEqual([
        "name",
        "func",
        "result",
        "attempts",
      ]);
      expect((await under.get("/api/models/queued")).status).toBe(404);
    });

    it("a registration that can't be is refused when it is made", () => {
      open();
      const twice = [...successAdmin.actions, ...successAdmin.actions];
      expect(() => under.admin.register("success", { ...successAdmin, actions: twice })).toThrow(
        /two actions named "resubmit"/,
      );
      const fields = {
        ...successAdmin.fields,
        odd: { label: "Odd", kind: "text" as const, sort: "nowhere" },
      };
      expect(() => under.admin.register("success", { ...successAdmin, fields })).toThrow(/"nowhere"/);
      expect(() => under.admin.register("a/b", successAdmin)).toThrow(/no name/);
    });

    it("S08 the columns are those of Django Q, in its order", async () => {
      open();
      const columns = Object.fromEntries((await models()).map(({ name, columns }) => [name, columns]));
      expect(columns).toMatchObject({
        success: ["name", "group", "func", "queue", "started", "stopped", "took"],
        failure: ["name", "group", "func", "queue", "started", "stopped", "result"],
        queued: ["id", "queue", "name", "group", "func", "lock", "task"],
      });
    });
  });

  describe("Successful and Failed", () => {
    it("S04 S09 S11 S14 each ended task is in one of the lists, by how it ended", async () => {
      open();
      const good = await under.ended(add, { a: 1 });
      const bad: string[] = [];
      for (const outcome of ["failed", "timeout", "crashed", "lost", "quarantined"] as const)
        bad.push(await under.ended(add, { a: 1 }, {}, failure(new Error(outcome), { outcome })));
      const cancelled = await under.enqueue(add, { a: 1 });
      expect((await under.act("queued", "cancel", { ids: [cancelled] })).json.done).toBe(1);
      const retried = await under.enqueue(add, { a: 2 });
      const [first] = await under.claim();
      await (await under.store()).finish([
        { ...released(first!), outcome: "failed", error: encodeError(new Error("once")) },
      ]);
      const [second] = await under.claim();
      await (await under.store()).finish([
        {
          ...failed(second!),
          outcome: "success",
          error: null,
          next: { end: "success", result: "2", save: true, answerMs: 0 },
        },
      ]);
      const successes = (await under.list("success")).map(({ id }) => id);
      const failures = (await under.list("failure")).map(({ id }) => id);
      expect(new Set(successes)).toEqual(new Set([good, retried]));
      expect(new Set(failures)).toEqual(new Set([...bad, cancelled]));
      expect(await under.names("failure", "outcome=timeout&outcome=crashed")).toHaveLength(2);
    });

    it("S05 every field of a task is on its page, and it can be deleted, which the audit log remembers", async () => {
      open();
      const id = await under.ended(
        add,
        { a: 1 },
        { name: "one", group: "g", tags: ["t"] },
        { result: '{"sum":1}' },
      );
      const { json, headers } = await under.get<DetailAnswer>(`/api/models/success/${id}`);
      expect(json.title).toBe("one");
      expect(headers.get("etag")).toBe(JSON.stringify(json.version));
      expect(json.fields).toMatchObject({
        id,
        name: "one",
        func: "math.add",
        group: "g",
        input: '{"a":1}',
        result: '{"sum":1}',
        attempts: 1,
      });
      expect(json.tables["attempts"]!.rows).toHaveLength(1);
      expect(JSON.parse(json.raw!)).toMatchObject({ id, input: { a: 1 }, result: { sum: 1 } });
      expect((await under.act("success", "delete", { ids: [id], reason: "old" })).json).toEqual({
        done: 1,
        skipped: [],
        failed: [],
      });
      expect((await under.get(`/api/models/task/${id}`)).status).toBe(404);
      const { json: history } = await under.get<HistoryAnswer>(`/api/models/task/${id}/history`);
      expect(history.entries).toMatchObject([
        {
          who: "debug",
          action: "success.delete",
          outcome: "done",
          changes: [{ field: "reason", after: "old" }],
        },
      ]);
    });

    it("on its page a task is offered what can be done where it stands now, and that is done there", async () => {
      open();
      const [ended, queued] = [await under.ended(add, { a: 1 }), await under.enqueue(add, { a: 1 })];
      const page = async (id: string) => (await under.get<DetailAnswer>(`/api/models/task/${id}`)).json;
      const { row, standsIn } = await page(ended);
      expect([standsIn, Object.keys(row.actions)]).toEqual([
        "success",
        ["success-resubmit", "success-delete"],
      ]);
      expect((await page(queued)).standsIn).toBe("queued");
      expect((await under.act("task", "success-delete", { ids: [ended] })).json.done).toBe(1);
      expect((await under.act("task", "queued-cancel", { ids: [queued] })).json.done).toBe(1);
      expect((await page(queued)).standsIn).toBe("failure");
    });

    it("a running task's page says since when and by whom, and keeps the error of its last attempt apart", async () => {
      open();
      const id = await under.enqueue(add, { a: 1 }, { group: "nightly" });
      const [first] = await under.claim();
      const store = await under.store();
      await store.finish([
        { ...released(first!, { delayMs: 0 }), outcome: "failed", error: encodeError(new Error("once")) },
      ]);
      await under.claim("cluster-2");
      const { fields } = (await under.get<DetailAnswer>(`/api/models/task/${id}`)).json;
      expect(fields).toMatchObject({
        state: { value: "leased", text: "running" },
        cluster: "cluster-2",
        error: null,
      });
      expect(rich(fields["lastError"]).value).toBe("Error: once");
      expect(fields["started"]).toBeGreaterThan(Date.now() - 60_000);
    });

    it("a task's page leads to the others of its func, queue and group, but never by a name that hides something", async () => {
      open();
      const id = await under.ended(add, { a: 1 }, { group: "a & b" });
      const { fields } = (await under.get<DetailAnswer>(`/api/models/task/${id}`)).json;
      expect(fields).toMatchObject({
        func: { value: "math.add", to: "successful?func=math.add" },
        queue: { to: "successful?queue=default" },
        group: { to: "successful?group=a%20%26%20b" },
      });
      const secret = await under.ended(add, { a: 1 }, { group: "token=hunter2" });
      const { text } = await under.get(`/api/models/task/${secret}`);
      expect(text).not.toContain("hunter2");
    });

    it("S06 the group filter finds tasks by group, and tasks of a schedule by its name or id", async () => {
      open();
      for (const group of ["nightly", "0192-schedule", "other"])
        await under.ended(add, { a: 1 }, { group, name: `of ${group}` });
      expect(await under.names("success", "group=nightly")).toEqual(["of nightly"]);
      expect(await under.names("success", "group=0192-schedule&group=other")).toHaveLength(2);
    });

    it("S06 groups that are schedules, by name or id, are suggested first and marked", async () => {
      open();
      const schedules = new Schedules(under.client);
      await schedules.create("math.add", { a: 1 }, { name: "new nightly", type: "daily" });
      const { id } = await schedules.create("math.add", { a: 1 }, { type: "daily" });
      for (const group of ["new group", id]) await under.ended(add, { a: 1 }, { group });
      const suggest = async (prefix: string) =>
        (await under.get<SuggestAnswer>(`/api/models/success/suggest?field=group&prefix=${prefix}`)).json
          .values;
      expect(await suggest("new")).toEqual([
        { value: "new nightly", schedule: true },
        { value: "new group" },
      ]);
      expect(await suggest(id.slice(0, 8))).toEqual([{ value: id, schedule: true }]);
    });

    it("S07 a search looks in name, func and group, and nowhere else", async () => {
      open();
      await under.ended(mail, { to: "needle" }, { name: "alpha", group: "beta" }, { result: '"needle"' });
      for (const word of ["ALPH", "mail.se", "bet"])
        expect(await under.names("success", `q=${word}`)).toEqual(["alpha"]);
      expect(await under.names("success", "q=needle")).toEqual([]);
    });

    it("S10 the banner names the limit, and the list holds what it left", async () => {
      open({ debug: true }, { saveLimit: 5 });
      for (let index = 0; index < 9; index++)
        await under.ended(
          add,
          { a: index },
          { name: `run-${index}` },
          { started: index, stopped: index + 1 },
        );
      const store = await under.store();
      await store.prune({
        saveLimit: 5,
        per: null,
        failuresBefore: null,
        attemptsBefore: 0,
        clustersBefore: 0,
        limit: 100,
      });
      const { json } = await under.get<ListAnswer>("/api/models/success?columns=name");
      expect(json.rows.map(({ cells }) => cells["name"])).toEqual([
        "run-8",
        "run-7",
        "run-6",
        "run-5",
        "run-4",
      ]);
      expect(json.banner).toContain("newest 5");
    });

    it("S12 whatever was thrown can be read: in the list its start, on its page the whole, with frames and causes", async () => {
      open();
      const cause = new Error("the disk is full");
      const error = await under.ended(
        add,
        { a: 1 },
        { name: "error" },
        failure(new TypeError("x".repeat(500), { cause })),
      );
      await under.ended(add, { a: 1 }, { name: "text" }, failure("just a text"));
      await under.ended(
        add,
        { a: 1 },
        { name: "memory" },
        { outcome: "crashed", result: encodeError(new Error("out of memory")) },
      );
      const cells = Object.fromEntries(
        (await under.list("failure")).map(({ cells }) => [cells["name"], rich(cells["result"])]),
      );
      expect(cells["error"]).toMatchObject({ value: `TypeError: ${"x".repeat(89)}`, cut: true });
      expect(cells["text"]?.value).toContain("just a text");
      expect(cells["memory"]?.value).toContain("out of memory");
      const { json } = await under.get<DetailAnswer>(`/api/models/failure/${error}`);
      const shown = rich(json.fields["result"]).error!;
      expect([shown.name, shown.message.length, shown.cause?.message]).toEqual([
        "TypeError",
        500,
        "the disk is full",
      ]);
      expect(shown.frames.some(({ own }) => own) && shown.frames.length > 1).toBe(true);
      const ofQuern = fileURLToPath(new URL("../../src/client/run-attempt.ts", import.meta.url));
      const thrown = Object.assign(new Error("no"), {
        stack: `Error: no\n    at send (file:///app/mail.ts:3:9)\n    at run (file://${ofQuern}:35:60)`,
      });
      const mailed = await under.ended(add, { a: 1 }, { name: "mailed" }, failure(thrown));
      const page = await under.get<DetailAnswer>(`/api/models/failure/${mailed}`);
      expect(rich(page.json.fields["result"]).error?.frames).toEqual([
        { text: "at send (/app/mail.ts:3:9)", own: true },
        { text: `at run (${ofQuern}:35:60)`, own: false },
      ]);
    });

    it("S13 D2 a failure is resubmitted as a new task with everything it had, and goes", async () => {
      open();
      const options = {
        group: "g",
        queue: "long",
        priority: 3,
        tags: ["t"],
        timeout: "7s",
        retry: { attempts: 4 },
        save: false,
        hook: "math.add",
        name: "it",
      } satisfies CallOptions;
      const old = await under.ended(mail, { to: "x" }, options, failure(new Error("no")));
      const { json } = await under.act("failure", "resubmit", { ids: [old] });
      expect(json).toMatchObject({ done: 1, skipped: [] });
      const fresh = json.to!.replace("tasks/", "");
      expect(fresh === old).toBe(false);
      expect(await under.list("failure")).toEqual([]);
      const [row] = await under.list("queued", "columns=id,name,func,group,queue,priority,tags,input,hook");
      expect(row).toMatchObject({
        id: fresh,
        cells: {
          name: "it",
          func: "mail.send",
          group: "g",
          queue: "long",
          priority: 3,
          tags: { tags: ["t"] },
          input: '{"to":"x"}',
          hook: "math.add",
        },
      });
      const { keyring, store } = await under.client.open();
      const task = (await store.task(fresh))!;
      const { openCall } = await import("../../src/core/envelope.ts");
      expect(openCall(task.envelope, task, keyring).options).toMatchObject({
        timeoutMs: 7_000,
        attempts: 4,
        save: false,
        hook: "math.add",
      });
      expect((await store.audits(9))[0]).toMatchObject({
        action: "failure.resubmit",
        object: old,
        after: fresh,
      });
    });

    it("a unique key goes on to what is resubmitted, and what has no key to get is skipped and stays", async () => {
      open();
      const unique = { key: "one", within: "1h" } as const;
      const old = await under.ended(add, { a: 1 }, { unique }, failure(new Error("no")));
      const other = await under.ended(add, { a: 2 }, { unique: "two" }, failure(new Error("no")));
      const holder = await under.enqueue(add, { a: 3 }, { unique: "two", name: "holder" });
      const { json } = await under.act("failure", "resubmit", { ids: [old, other] });
      expect(json).toMatchObject({
        done: 1,
        skipped: [{ id: other, reason: "Its unique key is held by holder." }],
      });
      expect((await under.list("failure")).map(({ id }) => id)).toEqual([other]);
      const queued = (await under.list("queued")).map(({ id }) => id);
      expect(queued).toHaveLength(2);
      expect(queued).toContain(holder);
      expect(
        await (await under.store()).enqueue([exampleTask({ func: "math.add", unique: { key: "one" } })]),
      ).toMatchObject([{ id: queued.find((id) => id !== holder), deduplicated: true }]);
    });

    it("a success is resubmitted and kept, and the two know each other", async () => {
      open();
      const old = await under.ended(add, { a: 1 });
      const { json } = await under.act("success", "resubmit", { ids: [old] });
      expect(await under.list("success")).toHaveLength(1);
      const fresh = await under.get<DetailAnswer>(`/api/models/task/${json.to!.replace("tasks/", "")}`);
      expect(rich(fresh.json.fields["parent"])).toMatchObject({ value: old, to: `tasks/${old}` });
      const related = (await under.get<DetailAnswer>(`/api/models/task/${old}`)).json.tables["related"]!.rows;
      expect(related.map(({ id }) => id)).toEqual([fresh.json.row.id]);
    });

    it("a call that nobody can read is not resubmitted, and says why", async () => {
      open();
      const store = await under.store();
      const id = await under.enqueue(add, { a: 1 });
      const [running] = await under.claim();
      await store.finish([
        failed(running!, { outcome: "quarantined", result: encodeError(new Error("unreadable")) }),
      ]);
      const other = new AdminUnderTest(
        { debug: true },
        { database: database.url, secret: "another secret of 32 characters.." },
      );
      if (database.url !== "memory:") {
        const { json } = await other.act("failure", "resubmit", { ids: [id] });
        expect(json.done).toBe(0);
        expect(json.skipped[0]).toMatchObject({ id, reason: expect.stringContaining("unreadable") });
        const [row] = await other.list("failure", "columns=input");
        expect(rich(row!.cells["input"])).toMatchObject({ text: "*UnknownKey", tone: "untrusted" });
      }
      await other.close();
    });

    it("D1 a viewer resubmits and deletes nothing, and the attempt is logged", async () => {
      asRole("viewer");
      const id = await under.ended(add, { a: 1 }, {}, failure(new Error("no")));
      for (const action of ["resubmit", "resubmit-keep", "delete"])
        expect((await under.act("failure", action, { ids: [id] }, remote)).status).toBe(403);
      const audits = await (await under.store()).audits(9);
      expect(audits.map(({ outcome }) => outcome)).toEqual(["refused", "refused", "refused"]);
      expect((await under.get<ListAnswer>("/api/models/failure", remote)).json.rows[0]!.actions).toEqual({});
    });

    it("D13 each attempt keeps its own error and time, and time taken is that of the last one", async () => {
      open();
      const id = await under.enqueue(add, { a: 1 });
      const store = await under.store();
      const [first] = await under.claim();
      await store.finish([
        {
          ...released(first!),
          outcome: "failed",
          error: encodeError(new Error("first")),
          started: 1_000,
          stopped: 9_000,
        },
      ]);
      const [second] = await under.claim();
      await store.finish([
        failed(second!, {
          ...failure(new Error("second")),
          error: encodeError(new Error("second")),
          started: 10_000,
          stopped: 10_250,
        }),
      ]);
      const { json } = await under.get<DetailAnswer>(`/api/models/task/${id}`);
      expect(json.fields["took"]).toBe(250);
      const rows = json.tables["attempts"]!.rows.map(({ cells }) => [
        cells["attempt"],
        cells["took"],
        rich(cells["error"]).value,
      ]);
      expect(rows).toEqual([
        [1, 8_000, "Error: first"],
        [2, 250, "Error: second"],
      ]);
    });

    it("D12 a page without a form has none to save", async () => {
      open();
      for (const name of ["success", "failure", "running", "cluster", "audit", "task"])
        expect((await models()).find((model) => model.name === name)).toMatchObject({
          form: null,
          may: { add: false, change: false },
        });
      const id = await under.ended(add, { a: 1 });
      const change = await under.ask("PATCH", `/api/models/success/${id}`, {
        body: { values: {} },
        headers: { "if-match": '"x"' },
      });
      expect(change.status).toBe(404);
    });
  });

  describe("many at once", () => {
    const matching = (query = "") => ({ matching: { query, at: Date.now() + 60_000 } });
    const ended = async (id: string): Promise<OperationsAnswer["operations"][number]> => {
      await under.admin.close(); // Waits for what goes on in the background.
      const { json } = await under.get<OperationsAnswer>("/api/operations");
      return json.operations.find((one) => one.id === id)!;
    };

    it("D3 all that match are done in the background, in steps, and what came later stays untouched", async () => {
      open();
      const store = await under.store();
      for (let index = 0; index < 3; index++)
        await under.ended(
          add,
          { a: index },
          { group: "old" },
          failure(new Error("no"), { stopped: 1_000 + index }),
        );
      await under.ended(
        add,
        { a: 9 },
        { group: "old", name: "later" },
        failure(new Error("no"), { stopped: 9_000 }),
      );
      await under.ended(
        add,
        { a: 9 },
        { group: "other", name: "other" },
        failure(new Error("no"), { stopped: 1_000 }),
      );
      const { status, json } = await under.act("failure", "delete", {
        operation: "operation-of-ann",
        matching: { query: "group=old&sort=name&limit=2", at: 5_000 },
      });
      expect([status, json.operation?.total]).toEqual([202, { number: 3, capped: false }]);
      expect(await ended("operation-of-ann")).toMatchObject({
        state: "done",
        done: 3,
        skipped: 0,
        failed: 0,
      });
      expect((await under.names("failure")).sort()).toEqual(["later", "other"]);
      expect((await store.audits(9)).filter(({ action }) => action === "failure.delete")).toHaveLength(3);
    });

    it("more than 200 are an operation, and one operation is done once however often it is asked for", async () => {
      open();
      const { store, keyring } = await under.client.open();
      const { checkCall, sealTask } = await import("../../src/client/enqueue/enqueue.ts");
      const tasks: NewTask[] = [];
      for (let a = 0; a < 620; a++)
        tasks.push(sealTask(under.client, keyring, await checkCall(under.client, add, { a }, {})));
      await store.enqueue(tasks);
      await store.finish((await under.claim()).map((task) => failed(task)));
      const ids = tasks.map(({ id }) => id);
      const asked = { operation: "one-operation", ids: [...ids, "gone"] };
      const both = await Promise.all([
        under.act("failure", "resubmit", asked),
        under.act("failure", "resubmit", asked),
      ]);
      expect(both.map(({ status }) => status)).toEqual([202, 202]);
      expect(await ended("one-operation")).toMatchObject({
        state: "done",
        done: 620,
        skipped: 1,
        problems: [{ id: "gone" }],
      });
      expect((await store.countList("queued", [], 1_000)).count).toBe(620);
      const again = await under.act("failure", "resubmit", asked);
      expect([again.status, again.json.operation?.done]).toEqual([202, 620]);
      expect((await store.countList("queued", [], 1_000)).count).toBe(620);
    });

    it("the same small action twice is one, and another action has another id", async () => {
      open();
      const id = await under.ended(add, { a: 1 });
      const twice = await Promise.all(
        [1, 2].map(() => under.act("success", "resubmit", { operation: "double-click", ids: [id] })),
      );
      for (const { json } of twice) expect(json.done ?? json.operation?.done).toBeLessThanOrEqual(1);
      expect((await (await under.store()).countList("queued", [], 9)).count).toBe(1);
      expect((await under.act("success", "delete", { operation: "double-click", ids: [id] })).status).toBe(
        409,
      );
    });

    it("an operation can be stopped by who began it, and by no other without the grant", async () => {
      asRole("operator");
      const store = await under.store();
      const operation = {
        id: "of-somebody",
        model: "failure",
        action: "delete",
        label: "",
        by: { name: "eve", role: "admin", grants: [] },
        address: null,
        reason: null,
        answers: {},
        ids: [],
        matching: null,
        place: null,
        state: "running",
        total: { number: 0, capped: false },
        done: 0,
        skipped: 0,
        failed: 0,
        problems: [],
        to: null,
        started: await store.time(),
        ended: null,
        lease: { owner: "another", until: (await store.time()) + 60_000 },
      };
      await store.metaSwap("operation:of-somebody", null, JSON.stringify(operation));
      await store.metaSwap(
        "operation:of-ann-here",
        null,
        JSON.stringify({ ...operation, id: "of-ann-here", by: { ...operation.by, name: "ann" } }),
      );
      expect(
        (await under.ask("POST", "/api/operations/of-somebody/cancel", { body: {}, ...remote })).status,
      ).toBe(404);
      expect(
        (await under.get<OperationsAnswer>("/api/operations", remote)).json.operations.map(({ id }) => id),
      ).toEqual(["of-ann-here"]);
      const { json } = await under.ask<{ state: string }>("POST", "/api/operations/of-ann-here/cancel", {
        body: {},
        ...remote,
      });
      expect(json.state).toBe("cancelled");
      await under.ask("POST", "/api/operations/of-ann-here/cancel", { body: {}, ...remote });
      const entries = (await store.audits(9)).filter(({ action }) => action === "operation.cancel");
      expect(entries).toMatchObject([{ object: "of-ann-here", who: "ann", after: "cancelled" }]);
    });

    it("an operation whose process is gone is carried on by another", async () => {
      open();
      const id = await under.ended(add, { a: 1 }, {}, failure(new Error("no")));
      const store = await under.store();
      const operation = {
        id: "left-behind",
        model: "failure",
        action: "delete",
        label: "Delete",
        by: { name: "debug", role: "admin", grants: [], everything: true },
        address: null,
        reason: null,
        answers: {},
        ids: null,
        matching: { query: "", at: Date.now() + 60_000 },
        place: null,
        state: "running",
        total: { number: 1, capped: false },
        done: 0,
        skipped: 0,
        failed: 0,
        problems: [],
        to: null,
        started: await store.time(),
        ended: null,
        lease: { owner: "dead", until: (await store.time()) - 1 },
      };
      await store.metaSwap("operation:left-behind", null, JSON.stringify(operation));
      const { metaSwap } = store;
      const failing = new Promise<void>((resolve) => {
        store.metaSwap = async () => {
          resolve();
          throw new Error("the database is away");
        };
      });
      // What stops it is no reason to stop the process, or to fail for whoever only looked.
      expect((await under.get("/api/operations")).status).toBe(200);
      await failing;
      store.metaSwap = metaSwap;
      await under.get("/api/operations");
      expect(await ended("left-behind")).toMatchObject({ state: "done", done: 1 });
      expect(await store.task(id)).toBe(null);
    });

    it("a dialog is told the number, some examples and what follows", async () => {
      open();
      for (const name of ["a", "b"]) await under.ended(add, { a: 1 }, { name });
      const { json } = await under.ask<{ count: object; examples: string[] }>(
        "POST",
        "/api/models/success/actions/delete/preview",
        { body: matching() },
      );
      expect(json).toMatchObject({
        count: { number: 2, capped: false },
        examples: ["b", "a"],
        consequences: ["This can't be undone: only the audit log will remember."],
      });
    });
  });

  describe("Queued", () => {
    it("S30 S31 all that is in the queue is listed, in the order it is taken, with who picked it up and until when", async () => {
      open();
      const store = await under.store();
      await store.saveCluster({
        id: "cluster-1",
        name: "quiet-mill",
        host: "h",
        pid: 1,
        version: "1",
        state: "working",
        queues: "*",
        started: 1,
        status: JSON.stringify({ workers: [], succeeded: 0, failed: 0, reincarnations: 0, trouble: null }),
      });
      const taken = await under.enqueue(add, { a: 0 });
      await under.claim();
      const low = await under.enqueue(add, { a: 1 });
      const high = await under.enqueue(add, { a: 2 }, { priority: 9 });
      const later = await under.enqueue(add, { a: 3 }, { delay: "1h" });
      const [prepared] = [await under.enqueue(add, { a: 4 })];
      const unreadable = (await store.task(prepared))!;
      await store.deleteTasks([prepared]);
      await store.enqueue([
        {
          ...unreadable,
          id: prepared.replace(/.$/, (last) => (last === "0" ? "1" : "0")),
          envelope: unreadable.envelope,
        } as never,
      ]);
      const rows = await under.list("queued");
      expect(rows.map(({ id }) => id).filter((id) => [taken, high, low, later].includes(id))).toEqual([
        taken,
        high,
        low,
        later,
      ]);
      expect(rows).toHaveLength(5);
      const [first] = rows;
      expect(rich(first!.cells["lock"])).toMatchObject({
        value: expect.any(Number),
        lease: { by: "quiet-mill", until: expect.any(Number) },
      });
      const odd = rows.find(({ cells }) => rich(cells["task"]).text !== undefined)!;
      expect([rich(odd.cells["task"]).text, odd.cells["name"], odd.cells["func"]]).toEqual([
        "*BadSignature",
        null,
        null,
      ]);
      expect(rows.at(-1)!.cells["lock"]).toBe(null);
    });

    it("S32 in debug on this machine a queued task is edited, its call is signed anew, and a leased one is not", async () => {
      open();
      const id = await under.enqueue(add, { a: 1, password: "hunter2" } as never);
      const detail = await under.get<DetailAnswer>(`/api/models/queued/${id}`);
      expect(detail.json.form).toMatchObject({
        values: { queue: "default", priority: 0, input: '{"a":1,"password":"•••"}' },
        readOnly: null,
      });
      const due = Date.now() + 3_600_000;
      const save = (values: object, version = detail.json.version) =>
        under.ask<SaveAnswer & { error: { code: string; fields?: object } }>(
          "PATCH",
          `/api/models/queued/${id}`,
          { body: { values, reason: "test" }, headers: { "if-match": JSON.stringify(version) } },
        );
      expect(
        (await under.ask("PATCH", `/api/models/queued/${id}`, { body: { values: {} } })).json.error.code,
      ).toBe("no-version");
      expect((await save({ id: "other" })).status).toBe(400);
      expect((await save({ input: "{" })).json.error.fields).toHaveProperty("input");
      const saved = await save({ queue: "long", due, priority: 5, input: '{"a":2,"password":"•••"}' });
      expect(saved.status).toBe(200);
      const { store, keyring } = await under.client.open();
      const task = (await store.task(id))!;
      const { openCall } = await import("../../src/core/envelope.ts");
      expect([task, openCall(task.envelope, task, keyring).input]).toMatchObject([
        { queue: "long", due, priority: 5, state: "waiting" },
        '{"a":2,"password":"hunter2"}',
      ]);
      const conflict = await save({ priority: 6 });
      expect([conflict.status, conflict.json.error.code]).toEqual([409, "changed"]);
      expect((await store.audits(1))[0]).toMatchObject({
        action: "queued.change",
        object: id,
        reason: "test",
      });
      expect((await store.audits(1))[0]!.after).not.toContain("hunter2");
      const fresh = await under.get<DetailAnswer>(`/api/models/queued/${id}`);
      expect((await save({ due: Date.now() - 1_000 }, fresh.json.version)).status).toBe(200);
      await under.claim();
      const leased = await under.get<DetailAnswer>(`/api/models/queued/${id}`);
      expect(leased.json.form?.readOnly).toContain("held until");
      expect((await save({ priority: 1 }, leased.json.version)).json.error.code).toBe("not-now");
    });

    it("S32 the form of a call without an input is empty, and an input that is emptied is gone", async () => {
      open();
      const save = async (id: string, values: object) => {
        const { version } = (await under.get<DetailAnswer>(`/api/models/queued/${id}`)).json;
        const headers = { "if-match": JSON.stringify(version) };
        return (await under.ask("PATCH", `/api/models/queued/${id}`, { body: { values }, headers })).status;
      };
      const shown = async (id: string) =>
        (await under.get<DetailAnswer>(`/api/models/queued/${id}`)).json.form?.values["input"];
      const none = await under.enqueue(add, undefined);
      expect([await shown(none), await save(none, { priority: 3 }), await shown(none)]).toEqual([
        null,
        200,
        null,
      ]);
      const one = await under.enqueue(add, { a: 1 });
      expect([await save(one, { priority: 3 }), await shown(one)]).toEqual([200, '{"a":1}']);
      expect([await save(one, { input: "" }), await shown(one)]).toEqual([200, null]);
    });

    it("S32 with debug off not even an admin edits or deletes queued tasks, until that is granted", async () => {
      asRole("admin");
      const id = await under.enqueue(add, { a: 1 });
      const body = { values: { priority: 5 } };
      const { json } = await under.get<DetailAnswer>(`/api/models/queued/${id}`, remote);
      const headers = { ...remote.headers, "if-match": JSON.stringify(json.version) };
      expect(json.form).toBe(null);
      expect(
        (await under.ask("PATCH", `/api/models/queued/${id}`, { body, ...remote, headers })).status,
      ).toBe(403);
      expect((await under.act("queued", "delete", { ids: [id] }, remote)).status).toBe(403);
      await under.close();
      asRole("admin", ["queued.change"]);
      const again = await under.enqueue(add, { a: 1 });
      const { json: granted } = await under.get<DetailAnswer>(`/api/models/queued/${again}`, remote);
      const etag = { ...remote.headers, "if-match": JSON.stringify(granted.version) };
      expect(
        (await under.ask("PATCH", `/api/models/queued/${again}`, { body, ...remote, headers: etag })).status,
      ).toBe(200);
      expect((await under.act("queued", "delete", { ids: [again] }, remote)).status).toBe(403);
    });

    it("a lock can be released, and its task is taken again", async () => {
      open();
      const id = await under.enqueue(add, { a: 1 });
      await under.claim("dead");
      expect((await under.act("queued", "release", { ids: [id] })).json.done).toBe(1);
      expect((await under.claim("other")).map((task) => [task.id, task.attempt, task.uncounted])).toEqual([
        [id, 2, 1],
      ]);
    });

    it("D14 the queue can be searched", async () => {
      open();
      await under.enqueue(add, { a: 1 }, { name: "one", group: "g" });
      await under.enqueue(mail, { to: "x" }, { name: "two" });
      for (const [query, names] of [
        ["q=MAIL", ["two"]],
        ["q=one", ["one"]],
        ["group=g", ["one"]],
        ["func=mail.send", ["two"]],
        ["state=ready&q=-one", ["two"]],
        ["state=waiting", []],
      ] as const)
        expect(await under.names("queued", query)).toEqual(names);
    });

    it("D10 a queue is paused from a task in it, running tasks and clusters have their lists", async () => {
      open();
      const id = await under.enqueue(add, { a: 1 });
      expect((await under.act("queued", "pause-queue", { ids: [id] })).json.done).toBe(1);
      expect(await under.claim()).toEqual([]);
      expect((await under.act("queued", "pause-queue", { ids: [id] })).json.skipped).toHaveLength(1);
      expect((await under.act("queued", "resume-queue", { ids: [id] })).json.done).toBe(1);
      await under.claim();
      const [running] = await under.list("running");
      expect([running!.id, rich(running!.cells["elapsed"]).note]).toEqual([id, "of 15 min"]);
      expect((await under.act("running", "cancel", { ids: [id] })).json.done).toBe(1);
      expect(await (await under.store()).task(id)).toMatchObject({ cancelled: true });
    });
  });

  describe("S29 on a broker that can't be browsed", () => {
    it("the queue is not in the navigation, and its address says why", async () => {
      open();
      const store = await under.store();
      Object.defineProperty(store, "capabilities", { value: { ...store.capabilities, browse: false } });
      const shown = (await models()).filter(({ navigation }) => navigation !== null).map(({ name }) => name);
      expect(shown).toEqual(expect.arrayContaining(["success", "failure"]));
      expect(shown).not.toContain("queued");
      const { status, json } = await under.get("/api/models/queued");
      expect([status, json.error.code]).toEqual([404, "unavailable"]);
    });
  });

  describe("the audit log", () => {
    it("shows who did what, finds it by filters, and can't be changed", async () => {
      open();
      const id = await under.ended(add, { a: 1 });
      await under.act("success", "resubmit", { ids: [id] });
      await under.act("success", "delete", { ids: [id] });
      const actions = async (query: string) =>
        (await under.list("audit", query)).map(({ cells }) => cells["permission"]);
      expect(await actions("")).toEqual(["success.delete", "success.resubmit"]);
      expect(await actions("action=success.delete")).toEqual(["success.delete"]);
      expect(await actions(`q=object:${id}`)).toHaveLength(2);
      expect(await actions("model=queued")).toEqual([]);
      expect(await actions("outcome=refused")).toEqual([]);
      const { rows } = (await under.get<ListAnswer>("/api/models/audit?limit=1")).json;
      const detail = await under.get<DetailAnswer>(`/api/models/audit/${rows[0]!.id}`);
      expect(detail.json.fields).toMatchObject({
        who: "debug",
        permission: "success.delete",
        object: { value: id, text: nameOf(id), to: `tasks/${id}` },
      });
      expect((await models()).find(({ name }) => name === "audit")).toMatchObject({
        actions: [],
        form: null,
      });
    });
  });

  it("secrets are shown nowhere: lists, pages, errors, logs, raw, audit", async () => {
    open({ debug: true, redact: { "mail.send": ["to"] } });
    const secret = "s3cr3t-value";
    const input = {
      to: secret,
      password: secret,
      deep: [{ apiKey: secret, map: new Map([["token", secret]]) }],
    };
    const id = await under.ended(
      mail,
      input as never,
      { name: `token=${secret}` },
      {
        outcome: "failed",
        result: encodeError(
          Object.assign(new Error(`Authorization: Bearer ${secret}`), {
            cause: new Error(`cookie="${secret}"`),
          }),
        ),
        error: encodeError(new Error(`password: ${secret}`)),
        log: JSON.stringify({ lines: [[1, `secret=${secret}`]], leftOut: 0 }),
      },
    );
    const store = await under.store();
    await store.audit({
      who: "ann",
      action: "failure.note",
      object: id,
      before: JSON.stringify({ password: secret }),
      after: `token: ${secret}`,
    });
    const all = (await models()).find(({ name }) => name === "failure")!;
    const pages = [
      `/api/models/failure?columns=${Object.keys(all.fields).join(",")}`,
      `/api/models/failure/${id}`,
      `/api/models/task/${id}`,
      `/api/models/task/${id}/history`,
      "/api/models/audit",
      "/api/overview",
    ];
    for (const page of pages) {
      const { status, text } = await under.get(page);
      expect([page, status, text.includes(secret)]).toEqual([page, 200, false]);
    }
  });

  it("no list reads more than a page and its step: what it asks of the store is counted", async () => {
    open();
    for (let index = 0; index < 5; index++) await under.ended(add, { a: index });
    const store = await under.store();
    const asked: string[] = [];
    for (const method of [
      "browse",
      "countList",
      "tasks",
      "attempts",
      "audits",
      "queueCounts",
      "clusters",
    ] as const) {
      const real = store[method].bind(store) as (...args: unknown[]) => unknown;
      Object.defineProperty(store, method, {
        value: (...args: unknown[]) => {
          asked.push(method);
          if (method === "browse")
            expect((args[1] as { limit: number; step: number }).limit).toBeLessThanOrEqual(200);
          if (method === "countList") expect(args[2]).toBeLessThanOrEqual(10_000);
          return real(...args);
        },
      });
    }
    await under.list("success", "limit=100");
    expect(asked.sort()).toEqual(["browse", "browse", "countList"]); // The page, the oldest for the banner, the capped count.
  });
}
