// The admin's conformance: what Django Q's document says of scheduled tasks, by the ids of the specification.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type {
  Boot,
  Cell,
  ConsequencesAnswer,
  DetailAnswer,
  FormValue,
  HistoryAnswer,
  ListAnswer,
  PreviewAnswer,
  RichCell,
  SaveAnswer,
  ErrorAnswer,
} from "../../src/admin/contract.ts";
import type { AdminOptions } from "../../src/admin/index.ts";
import { Schedules } from "../../src/client/schedules.ts";
import type { QuernOptions } from "../../src/core/options.ts";
import { failed, succeeded } from "../../src/testing/store/examples.ts";
import { add as adding, AdminUnderTest } from "./admin-under-test.ts";
import type { Database } from "./databases.ts";

const hour = 3_600_000;
const day = 24 * hour;

export function testSchedulePages(openDatabase: () => Promise<Database>): void {
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
  const rich = (cell: Cell | undefined): RichCell =>
    typeof cell === "object" && cell !== null ? cell : { value: cell ?? null };

  type Saved = SaveAnswer & ErrorAnswer;
  const form: Record<string, FormValue> = {
    func: "math.add",
    input: '{"a":1}',
    type: "daily",
    timeZone: "Europe/Amsterdam",
    nextRun: Date.now() + day,
  };
  const add = (values: Record<string, FormValue> = {}, check = "") =>
    under.ask<Saved>("POST", `/api/models/schedule${check}`, { body: { values: { ...form, ...values } } });
  const made = async (values: Record<string, FormValue> = {}): Promise<string> => {
    const { status, json, text } = await add(values);
    if (status !== 201) throw new Error(`${status} ${text}`);
    return json.id;
  };
  const detail = async (id: string): Promise<DetailAnswer> =>
    (await under.get<DetailAnswer>(`/api/models/schedule/${id}`)).json;
  const change = async (id: string, values: Record<string, FormValue>, version?: string) =>
    under.ask<Saved>("PATCH", `/api/models/schedule/${id}`, {
      body: { values },
      headers: { "if-match": JSON.stringify(version ?? (await detail(id)).version) },
    });
  const cells = async (id: string, columns: string): Promise<Record<string, Cell>> =>
    (await under.get<ListAnswer>(`/api/models/schedule?ids=${id}&columns=${columns}`)).json.rows[0]!.cells;

  const fire = (): Promise<string[]> => under.fire();

  it("S02 S15 schedules are a list with a form beside the other tasks, and what the API shows is what quern.schedules has", async () => {
    open();
    const { json } = await under.get<Boot>("/api/boot");
    const model = json.models.find(({ name }) => name === "schedule")!;
    expect(model.columns).toEqual([
      "id",
      "name",
      "func",
      "type",
      "repeats",
      "queue",
      "nextRun",
      "lastRun",
      "success",
    ]);
    expect([model.form?.preview, model.may]).toEqual([true, { add: true, change: true, history: true }]);
    const id = await made({ name: "nightly", repeats: 24 });
    const info = (await new Schedules(under.client).get(id))!;
    expect(await cells(id, "id,name,func,type,repeats,queue,nextRun")).toMatchObject({
      id: { value: info.id, to: `scheduled/${id}` },
      name: { value: "nightly", to: `scheduled/${id}` },
      func: "math.add",
      type: info.words,
      repeats: { value: 24, text: "24 left" },
      queue: info.queue,
      nextRun: info.nextRun!.getTime(),
    });
    expect(info.input).toEqual({ a: 1 });
    expect((await under.act("schedule", "delete", { ids: [id] })).json.done).toBe(1);
    expect(await new Schedules(under.client).get(id)).toBe(null);
    const { entries } = (await under.get<HistoryAnswer>(`/api/models/schedule/${id}/history`)).json;
    expect(entries.map(({ who, action }) => [who, action])).toEqual([
      ["debug", "schedule.delete"],
      ["debug", "schedule.create"],
    ]);
  });

  it("S15 two who edit at once: the second is told what stands now", async () => {
    open();
    const id = await made();
    const { version } = await detail(id);
    expect((await change(id, { repeats: 5 }, version)).status).toBe(200);
    const second = await change(id, { repeats: 6 }, version);
    expect([
      second.status,
      second.json.error.code,
      second.json.error.current?.form?.values["repeats"],
      second.json.error.by,
    ]).toEqual([
      409,
      "changed",
      5,
      { who: "debug", action: "schedule.update", at: expect.any(Number) as number },
    ]);
  });

  it("S17 S18 repeats count down to nothing, or below nothing for ever, and say what they mean", async () => {
    open();
    const [counted, endless] = [await made({ repeats: 3 }), await made({ repeats: -1 })];
    expect(rich((await cells(counted, "repeats"))["repeats"]).text).toBe("3 left");
    expect(rich((await cells(endless, "repeats"))["repeats"]).text).toBe("-1 forever");
  });

  it("S19 S21 a once with a negative count is gone after its run, with a positive one it stays as finished", async () => {
    open();
    const [gone, kept] = [
      await made({ type: "once", nextRun: Date.now() - 1, repeats: -1 }),
      await made({ type: "once", nextRun: Date.now() - 1, repeats: 5 }),
    ];
    expect(await fire()).toHaveLength(2);
    expect((await under.get(`/api/models/schedule/${gone}`)).status).toBe(404);
    const row = await cells(kept, "repeats,nextRun,state");
    expect([rich(row["repeats"]).text, row["nextRun"], rich(row["state"]).value]).toEqual([
      "0 finished",
      null,
      "finished",
    ]);
    expect(await fire()).toEqual([]);
  });

  it("S22 D8 a repeats of zero pauses and keeps the count, as the action does; resume goes on with it", async () => {
    open();
    const [byForm, byAction] = [await made({ repeats: 7 }), await made({ repeats: 7 })];
    expect((await change(byForm, { repeats: 0 })).status).toBe(200);
    expect((await under.act("schedule", "pause", { ids: [byAction] })).json.done).toBe(1);
    for (const id of [byForm, byAction]) {
      const row = await cells(id, "repeats,nextRun");
      expect([rich(row["repeats"]).text, row["nextRun"]]).toEqual(["0 paused (7 kept)", null]);
    }
    expect((await under.act("schedule", "pause", { ids: [byForm] })).json.skipped[0]?.reason).toBe(
      "It is paused.",
    );
    expect((await under.act("schedule", "resume", { ids: [byForm, byAction] })).json.done).toBe(2);
    expect(rich((await cells(byForm, "repeats"))["repeats"]).text).toBe("7 left");
  });

  it("resume asks what becomes of the times that passed, and begins with what the schedule says", async () => {
    open();
    const store = await under.store();
    const pausedFor = async (missed: string): Promise<string> => {
      const id = await made({ type: "hourly", nextRun: Date.now() - 3.5 * hour, missed, repeats: 9 });
      const row = (await store.schedule(id))!;
      const paused = { ...row, version: 2, repeats: 0, pausedRepeats: 9, nextRun: Date.now() - 3.5 * hour };
      expect(await store.saveSchedule(paused, row)).toBe("saved");
      return id;
    };
    const [all, one, none] = [await pausedFor("all"), await pausedFor("one"), await pausedFor("none")];
    const begins = async (ids: string[]): Promise<FormValue | undefined> => {
      const path = "/api/models/schedule/actions/resume/preview";
      const { json } = await under.ask<ConsequencesAnswer>("POST", path, { body: { ids } });
      return json.answers["missed"];
    };
    expect([await begins([all]), await begins([one]), await begins([all, one])]).toEqual([
      "all",
      "one",
      "own",
    ]);
    const resume = (id: string, answers: object) => under.act("schedule", "resume", { ids: [id], answers });
    expect((await resume(all, { missed: "some" })).status).toBe(422);
    for (const [id, answers, left] of [
      [all, { missed: "one" }, 8],
      [one, {}, 8],
      [none, { missed: "all" }, 5],
    ] as const) {
      expect((await resume(id, answers)).json.done).toBe(1);
      while ((await fire()).length > 0);
      expect([id, (await store.schedule(id))?.repeats]).toEqual([id, left]);
    }
  });

  it("has a note, and is listed by it, by its type and by how it stands", async () => {
    open();
    const store = await under.store();
    const noted = await made({ name: "noted", note: "asked for by Ann" });
    await made({ name: "cron", type: "cron", cron: "0 7 * * *", nextRun: null });
    const late = await made({ name: "late", type: "weekly" });
    const row = (await store.schedule(late))!;
    await store.saveSchedule({ ...row, version: 2, nextRun: Date.now() - hour }, row);
    await store.failSchedule(late, 2, "its func is gone", true);
    const named = async (query: string): Promise<unknown[]> =>
      (await under.list("schedule", `columns=name&sort=name&${query}`)).map(
        ({ cells }) => rich(cells["name"]).value,
      );
    expect(await named("q=note:ann")).toEqual(["noted"]);
    expect(await named("type=cron&type=weekly")).toEqual(["cron", "late"]);
    for (const state of ["overdue", "failing", "invalid"])
      expect([state, await named(`state=${state}`)]).toEqual([state, ["late"]]);
    expect(await named("state=active")).toEqual(["cron", "late", "noted"]);
    expect((await detail(noted)).form?.values["note"]).toBe("asked for by Ann");
    expect((await change(noted, { note: null })).status).toBe(200);
    expect((await store.schedule(noted))?.note).toBe(null);
  });

  it("S23 a once that has run is run again: at a new time, or at once and once only", async () => {
    open();
    const id = await made({ type: "once", nextRun: Date.now() - 1, repeats: 1 });
    expect(await fire()).toHaveLength(1);
    const later = Date.now() + hour;
    expect((await change(id, { repeats: 1, nextRun: later })).status).toBe(200);
    expect((await cells(id, "nextRun"))["nextRun"]).toBe(later);
    expect(await fire()).toEqual([]);
    expect((await change(id, { nextRun: Date.now() - hour })).status).toBe(200);
    expect(await fire()).toHaveLength(1);
    expect(await fire()).toEqual([]);
  });

  it("S24 D5 a changed cron, type or zone has a new next run, and the one shown is the slot that fires", async () => {
    open();
    const id = await made({ type: "cron", cron: "0 7 * * *", nextRun: null });
    const before = (await cells(id, "nextRun"))["nextRun"];
    expect((await change(id, { cron: "30 8 * * *" })).status).toBe(200);
    const after = await cells(id, "nextRun,type");
    expect(after["nextRun"] === before).toBe(false);
    expect(after["type"]).toMatch(/08:30/);
    expect(after["nextRun"]).toBe((await new Schedules(under.client).get(id))!.nextRun!.getTime());
  });

  it("S25 S26 D11 the last run links to its task and says how it went; the runs outlive what is deleted", async () => {
    open();
    const id = await made({ type: "once", nextRun: Date.now() - 1, repeats: 1, name: "once" });
    expect(await cells(id, "lastRun,success")).toEqual({ lastRun: null, success: null });
    await fire();
    const store = await under.store();
    const [running] = await under.claim();
    expect(rich((await cells(id, "success"))["success"]).text).toBe("not ended");
    await store.finish([succeeded(running!)]);
    const row = await cells(id, "lastRun,success");
    expect([rich(row["lastRun"]), rich(row["success"])]).toMatchObject([
      { text: `[${running!.name}]`, to: `tasks/${running!.id}` },
      { tone: "good" },
    ]);
    expect(await under.names("success", "group=once")).toEqual([running!.name]);
    const second = await under.act("schedule", "run", { ids: [id] });
    const [again] = await under.claim();
    expect(second.json.to).toBe(`tasks/${again!.id}`);
    await store.finish([failed(again!)]);
    expect(rich((await cells(id, "success"))["success"])).toMatchObject({ value: "failed", tone: "bad" });
    await store.deleteTasks([running!.id, again!.id]);
    expect(await cells(id, "lastRun,success")).toEqual({ lastRun: null, success: null });
    const runs = (await detail(id)).tables["runs"]!.rows.map(({ cells }) => [
      cells["kind"],
      rich(cells["outcome"]).value,
      rich(cells["task"]).text,
    ]);
    expect(runs).toEqual([
      ["run now", "failed", "not stored"],
      ["planned", "success", "not stored"],
    ]);
  });

  it("S27 where successes are not stored the banner says what that means", async () => {
    open({ debug: true }, { saveLimit: -1 });
    const banner = async (model: string) => (await under.get<ListAnswer>(`/api/models/${model}`)).json.banner;
    expect(await banner("schedule")).toContain("show failures only");
    expect(await banner("success")).toBe("Successful tasks are not stored.");
  });

  it("lists are found by state, next run, queue and func, and ordered by what comes next", async () => {
    open();
    const [a, b, c, d] = [
      await made({ name: "a", nextRun: Date.now() + 2 * day }),
      await made({ name: "b", nextRun: Date.now() + hour, queue: "long" }),
      await made({ name: "c", repeats: 3 }),
      await made({ name: "d", type: "once", nextRun: Date.now() - 1, repeats: 1 }),
    ];
    await fire();
    await under.act("schedule", "pause", { ids: [c] });
    const names = async (query: string): Promise<(string | number | boolean | null)[]> =>
      (await under.list("schedule", `columns=name${query && `&${query}`}`)).map(
        ({ cells }) => rich(cells["name"]).value,
      );
    expect(await names("")).toEqual(["b", "c", "a", "d"]);
    expect(await names("sort=-name")).toEqual(["d", "c", "b", "a"]);
    expect(await names("state=active")).toEqual(["b", "a"]);
    expect(await names("state=paused")).toEqual(["c"]);
    expect(await names("state=finished")).toEqual(["d"]);
    expect(await names("next=24h")).toEqual(["b"]);
    expect(await names("next=none")).toEqual(["d"]);
    expect(await names("state=overdue")).toEqual([]);
    expect(await names("queue=long")).toEqual(["b"]);
    expect(await names("q=MATH%20a")).toHaveLength(4);
    expect(new Set([a, b, c, d]).size).toBe(4);
  });

  it("D4 a schedule that can't be read stops no other, and its list and page show why", async () => {
    open();
    const good = await made({ name: "good" });
    const broken = await made({ name: "broken" });
    const store = await under.store();
    const row = (await store.schedule(broken))!;
    await store.saveSchedule(
      { ...row, version: row.version + 1, definition: "{", error: "it can't be read", held: true },
      row,
    );
    const rows = await under.list("schedule", "columns=name,type,state,repeats");
    expect(rows).toHaveLength(2);
    const odd = rows.find(({ id }) => id === broken)!;
    expect([rich(odd.cells["type"]).text, rich(odd.cells["state"]).value]).toEqual([
      "can't be read",
      "invalid",
    ]);
    expect((await under.get(`/api/models/schedule/${broken}`)).status).toBe(200);
    expect(rows.some(({ id }) => id === good)).toBe(true);
  });

  describe("D6 D7 what could not run can't be saved", () => {
    it.each([
      ["a func that is not registered", { func: "math.none" }, "func"],
      ["a cron that never comes", { type: "cron", cron: "0 0 30 2 *", nextRun: null }, "cron"],
      ["a cron of seven fields", { type: "cron", cron: "0 0 0 0 0 0 0", nextRun: null }, "cron"],
      ["a cron of a thousand characters", { type: "cron", cron: "1,".repeat(500), nextRun: null }, "cron"],
      ["a zone that is none", { timeZone: "Europe/Nowhere" }, "timeZone"],
      ["an input that is no JSON", { input: "{" }, "input"],
      ["a date key where the input is no object", { input: "5", intendedDateKey: "at" }, "input"],
      ["a timeout that is none", { timeout: "soon" }, "timeout"],
      ["no attempts", { retry: 0 }, "retry"],
      ["a type that is none", { type: "daily-ish" }, "type"],
      ["minutes below one", { type: "minutes", minutes: 0 }, "minutes"],
    ] as [string, Record<string, FormValue>, string][])("%s", async (_, values, field) => {
      open();
      const { status, json } = await add(values);
      expect([status, Object.keys(json.error.fields ?? {})]).toEqual([422, [field]]);
      expect(await under.list("schedule")).toEqual([]);
    });

    it("a name that is taken", async () => {
      open();
      await made({ name: "one" });
      const { status, json } = await add({ name: "one" });
      expect([status, Object.keys(json.error.fields ?? {})]).toEqual([422, ["name"]]);
    });

    it("with ?check nothing is saved, and what would come is told", async () => {
      open();
      const { status, json } = await add({}, "?check");
      expect([status, json.warnings.at(-1)]).toEqual([
        200,
        "No cluster takes tasks of the queue default now.",
      ]);
      expect(await under.list("schedule")).toEqual([]);
    });
  });

  describe("the preview", () => {
    const preview = (values: Record<string, FormValue>, count?: number) =>
      under.ask<PreviewAnswer & ErrorAnswer>("POST", "/api/schedules/preview", {
        body: { values, ...(count === undefined ? {} : { count }) },
      });

    it("is what the scheduler will do: words, the next runs, and where they end", async () => {
      open();
      const { json } = await preview({ ...form, repeats: 3 });
      expect(json.words).toMatch(/^Every day at \d\d:\d\d.*, Europe\/Amsterdam$/);
      expect([json.runs.length, json.ends, json.perYear, json.runs[0]?.at]).toEqual([
        3,
        true,
        365,
        form["nextRun"],
      ]);
      expect((await preview({ ...form, repeats: -1 }, 25)).json.runs).toHaveLength(25);
    });

    it("says how often it comes in a year, whatever its first run is, and keeps the end that it has", async () => {
      open();
      expect((await preview({ ...form, nextRun: null })).json.perYear).toBe(365);
      const end = Date.now() + 3 * 86_400_000;
      const { id } = await new Schedules(under.client).create(
        adding,
        { a: 1 },
        { type: "daily", end: new Date(end) },
      );
      const { form: shown } = await detail(id);
      const { json } = await under.ask<PreviewAnswer>("POST", "/api/schedules/preview", {
        body: { values: shown!.values, id },
      });
      expect([json.perYear, json.ends]).toEqual([365, true]);
      expect(json.runs.every(({ at }) => at <= end)).toBe(true);
    });

    it("tells how often it comes in a year, from now or from its first run", async () => {
      open();
      const perYear = async (values: object) => (await preview({ ...form, ...values })).json.perYear;
      expect([
        await perYear({ nextRun: null }),
        await perYear({ nextRun: Date.now() + 200 * day }),
        await perYear({ type: "hourly" }),
      ]).toEqual([365, 365, 8_760]);
    });

    it("marks where the clocks change", async () => {
      open();
      const nextRun = Date.UTC(2031, 2, 28, 6); // Two days before summer time.
      const { json } = await preview({ ...form, nextRun });
      expect(json.runs.slice(0, 4).map(({ shift }) => shift)).toEqual([null, null, "+60 min", null]);
    });

    it("says at which field something is wrong", async () => {
      open();
      const { status, json } = await preview({ ...form, type: "cron", cron: "99 * * * *" });
      expect([status, Object.keys(json.error.fields ?? {})]).toEqual([422, ["cron"]]);
    });
  });

  it("an edit that changes nothing of its times leaves them, and a secret in its input stays", async () => {
    open();
    const id = await made({ input: '{"a":1,"password":"hunter2"}' });
    const before = (await new Schedules(under.client).get(id))!;
    const { form: shown } = await detail(id);
    expect(shown?.values["input"]).toBe('{"a":1,"password":"•••"}');
    expect(
      (await change(id, { ...shown!.values, input: '{"a":2,"password":"•••"}', priority: 4 })).status,
    ).toBe(200);
    const after = (await new Schedules(under.client).get(id))!;
    expect(after).toMatchObject({
      input: { a: 2, password: "hunter2" },
      nextRun: before.nextRun,
      repeats: before.repeats,
      options: { priority: 4 },
    });
  });

  it("S03 a viewer changes nothing, an operator runs and pauses, an admin does everything", async () => {
    const token = (role: string): string => `${role}-${"x".repeat(32)}`;
    const roles = ["viewer", "operator", "admin"] as const;
    open({
      debug: false,
      authenticate: { tokens: Object.fromEntries(roles.map((role) => [role, { token: token(role), role }])) },
    });
    const as = (role: string) => ({
      headers: { authorization: `Bearer ${token(role)}` },
      address: "10.0.0.9",
    });
    const post = (role: string) =>
      under.ask<Saved>("POST", "/api/models/schedule", { body: { values: form }, ...as(role) });
    expect([(await post("viewer")).status, (await post("operator")).status]).toEqual([403, 403]);
    const { json } = await post("admin");
    const tried = async (role: string): Promise<number[]> => {
      const statuses: number[] = [];
      for (const action of ["run", "pause", "resume", "delete"])
        statuses.push((await under.act("schedule", action, { ids: [json.id] }, as(role))).status);
      return statuses;
    };
    expect(await tried("viewer")).toEqual([403, 403, 403, 403]);
    expect(await tried("operator")).toEqual([200, 200, 200, 403]);
    expect(await tried("admin")).toEqual([200, 200, 200, 200]);
  });
}
