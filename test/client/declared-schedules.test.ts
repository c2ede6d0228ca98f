// Schedules that an application declares, by quern.schedule() or in new Quern: made once, updated when they change, kept by name.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { declareSchedules } from "../../src/client/declared-schedules.ts";
import { Quern, type QuernOptions, schedule, task } from "../../src/index.ts";
import { engines, silent, withQuern } from "../cluster/memory-quern.ts";
import { audited, clientIn, fire, storeOf } from "./schedule-run.ts";

const digest = task("mail.digest", { input: z.object({ to: z.string() }) }, ({ to }) => to);
const tick = task("tick", (_: void) => "tock");
const tasks = [digest, tick];
const firstRun = new Date("2020-01-01T06:00:00Z");
const daily = { type: "daily", firstRun } as const;

const folder = mkdtempSync(join(tmpdir(), "quern-schedules-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(engines)("quern.schedule() on %s", (database) => {
  const withSchedules = (work: (quern: Quern) => Promise<void>): Promise<void> =>
    withQuern({ tasks, database }, work);
  const standing = async (quern: Quern): Promise<{ version: number; revision: number }> => {
    const row = await (await storeOf(quern)).schedule("digest");
    return { version: row?.version ?? 0, revision: row?.revision ?? 0 };
  };

  it("makes it once; the same declaration changes nothing, and what people edited stays", () =>
    withSchedules(async (quern) => {
      const made = await quern.schedule(
        "digest",
        digest,
        { to: "ops" },
        { ...daily, retry: { attempts: 2, delay: "1s" } },
      );
      expect(made).toMatchObject({ name: "digest", declared: "code", status: "active" });
      await quern.schedules.update("digest", { timeZone: "Asia/Kolkata", input: { to: "somebody else" } });
      const again = await quern.schedule(
        "digest",
        digest,
        { to: "ops" },
        { retry: { delay: "1s", attempts: 2 }, ...daily },
      );
      expect(again).toMatchObject({
        id: made?.id,
        version: 2,
        timeZone: "Asia/Kolkata",
        input: { to: "somebody else" },
      });
      expect((await audited(quern)).map(({ who, action }) => [who, action])).toEqual([
        ["code", "schedule.create"],
        ["api", "schedule.update"],
      ]);
    }));

  it("a changed declaration updates what it says, and keeps next run, count and pause", () =>
    withSchedules(async (quern) => {
      await quern.schedule("digest", digest, { to: "ops" }, { type: "daily", repeats: 5 });
      await fire(quern, "digest");
      const before = await quern.schedules.get("digest");
      expect(before?.repeats).toBe(4);
      const after = await quern.schedule(
        "digest",
        digest,
        { to: "all" },
        { type: "daily", repeats: 5, priority: 2 },
      );
      expect(after).toMatchObject({
        input: { to: "all" },
        options: { priority: 2 },
        repeats: 4,
        nextRun: before?.nextRun,
      });
      expect((await standing(quern)).revision).toBe(1);

      await quern.schedules.pause("digest");
      await quern.schedule("digest", digest, { to: "all" }, { type: "daily", repeats: 5, tags: ["new"] });
      expect(await quern.schedules.get("digest")).toMatchObject({
        status: "paused",
        pausedRepeats: 4,
        options: { tags: ["new"] },
      });
      await quern.schedule("digest", digest, { to: "all" }, { type: "daily", repeats: 9 });
      expect(await quern.schedules.get("digest")).toMatchObject({
        status: "paused",
        repeats: 0,
        pausedRepeats: 9,
      });
    }));

  it("changed times begin anew; a first run that is left open stays where it was", () =>
    withSchedules(async (quern) => {
      const made = await quern.schedule("digest", digest, { to: "ops" }, { type: "daily" });
      await fire(quern, "digest");
      const weekly = await quern.schedule("digest", digest, { to: "ops" }, { type: "weekly" });
      expect(weekly?.firstRun).toEqual(made?.firstRun);
      expect(weekly?.nextRun?.getTime()).toBe((made?.firstRun?.getTime() ?? 0) + 7 * 86_400_000);
      expect((await standing(quern)).revision).toBe(2);
      await quern.schedule("digest", digest, { to: "ops" }, { type: "weekly", missed: "all" });
      expect((await standing(quern)).revision).toBe(2);
    }));

  it("a pause that was declared ends when the declaration says so", () =>
    withSchedules(async (quern) => {
      expect(await quern.schedule("digest", digest, { to: "ops" }, { ...daily, repeats: 0 })).toMatchObject({
        status: "paused",
      });
      expect(await quern.schedule("digest", digest, { to: "ops" }, { ...daily, repeats: 3 })).toMatchObject({
        status: "active",
        repeats: 3,
      });
      expect(await quern.schedule("digest", digest, { to: "ops" }, { ...daily, repeats: 0 })).toMatchObject({
        status: "paused",
        pausedRepeats: 3,
      });
    }));

  it("a once that has run and deleted itself is not made again, unless its declaration changes", () =>
    withSchedules(async (quern) => {
      const once = { type: "once" } as const;
      const made = await quern.schedule("digest", digest, { to: "ops" }, once);
      expect(made).toMatchObject({ held: false, status: "active" });
      expect(await fire(quern, "digest")).not.toBeNull();
      expect(await quern.schedules.get("digest")).toBeNull();
      expect(await quern.schedule("digest", digest, { to: "ops" }, once)).toBeNull();
      expect(await quern.schedules.count()).toBe(0);
      expect(await quern.schedule("digest", digest, { to: "others" }, once)).toMatchObject({
        status: "active",
      });
    }));

  it("a once that is made by a slow process after another saw it run is taken back before it can run", () =>
    withSchedules(async (quern) => {
      const store = await storeOf(quern);
      const declare = (): Promise<unknown> =>
        quern.schedule("digest", digest, { to: "ops" }, { type: "once" });
      // The slow one has found neither schedule nor memory; then the other is through with all of it.
      const meta = store.meta.bind(store);
      let asked = 0;
      store.meta = async (key) => {
        const answer = await meta(key);
        if (asked++ > 0) return answer;
        await declare();
        await fire(quern, "digest");
        return answer;
      };
      const save = store.saveSchedule.bind(store);
      const dueWhenMade: boolean[] = [];
      store.saveSchedule = async (row, read, audit) => {
        const answer = await save(row, read, audit);
        if (read === null) dueWhenMade.push((await fire(quern, "digest")) !== null);
        return answer;
      };
      expect(await declare()).toBeNull();
      expect(dueWhenMade).toEqual([false, false]);
      expect((await quern.tasks.list({ func: "mail.digest" })).tasks).toHaveLength(1);
      expect(await quern.schedules.count()).toBe(0);
    }));

  it("one whose end has passed is over, not wrong", () =>
    withSchedules(async (quern) => {
      const options = { ...daily, end: new Date("2020-02-01") };
      expect(await quern.schedule("digest", digest, { to: "ops" }, options)).toBeNull();
      await quern.schedule("digest", digest, { to: "ops" }, daily);
      expect(await quern.schedule("digest", digest, { to: "ops" }, options)).toMatchObject({
        status: "finished",
        nextRun: null,
      });
      await expect(quern.schedules.create(digest, { to: "ops" }, options)).rejects.toThrow(
        /QUERN_BAD_SCHEDULE: expected end of a schedule to be no earlier than its next run \(20.*Z\), got "2020-02-01T00/,
      );
    }));

  it("a schedule of that name that a person made becomes the declared one", () =>
    withSchedules(async (quern) => {
      const made = await quern.schedules.create(tick, undefined, { name: "digest", type: "hourly" });
      const declared = await quern.schedule("digest", digest, { to: "ops" }, daily);
      expect(declared).toMatchObject({ id: made.id, func: "mail.digest", type: "daily", declared: "code" });
    }));

  it("a row that can't be read is mended by its declaration", () =>
    withSchedules(async (quern) => {
      await quern.schedule("digest", digest, { to: "ops" }, daily);
      const store = await storeOf(quern);
      const row = await store.schedule("digest");
      if (row !== null) await store.saveSchedule({ ...row, definition: "{", declared: "config ?" }, row);
      expect(await quern.schedule("digest", digest, { to: "ops" }, daily)).toMatchObject({
        unreadable: null,
        type: "daily",
      });
    }));

  it("eight at once make one", () =>
    withSchedules(async (quern) => {
      const eight = Array.from({ length: 8 }, () =>
        quern.schedule("digest", digest, { to: "ops" }, { type: "once" }),
      );
      const ids = new Set((await Promise.all(eight)).map((made) => made?.id));
      expect(ids.size).toBe(1);
      expect(await quern.schedules.list()).toMatchObject({ schedules: [{ held: false }] });
      expect(await fire(quern, "digest")).not.toBeNull();
    }));
});

it("eight connections to one file declare it at once: one is made, each hears of it, and a change comes once", async () => {
  const database = `sqlite:${join(folder, "eight.db")}`;
  const all = Array.from({ length: 8 }, () => new Quern({ tasks, database, logger: silent }));
  const declare = (to: string): Promise<unknown[]> =>
    Promise.all(
      all.map(async (quern) => (await quern.schedule("digest", digest, { to }, { type: "daily" }))?.id),
    );
  try {
    expect(new Set(await declare("ops")).size).toBe(1);
    expect(new Set(await declare("all")).size).toBe(1);
    const [first] = all as [Quern];
    expect(await first.schedules.get("digest")).toMatchObject({ input: { to: "all" }, version: 2 });
    expect((await audited(first)).map(({ action }) => action)).toEqual([
      "schedule.create",
      "schedule.update",
    ]);
  } finally {
    for (const quern of all) await quern.close();
  }
});

describe("schedules of new Quern", () => {
  let files = 0;
  const database = (): string => `sqlite:${join(folder, `config-${files++}.db`)}`;

  async function start(
    options: Partial<QuernOptions>,
    work: (quern: Quern) => Promise<void> = async () => {},
  ): Promise<void> {
    await withQuern({ tasks, ...options }, async (quern) => {
      await declareSchedules(clientIn(quern));
      await work(quern);
    });
  }

  it("are made, updated and deleted as the list says; those of code and of people stay", async () => {
    const url = database();
    const one = schedule("one", digest, { to: "ops" }, { type: "hourly" });
    const two = schedule("two", tick, undefined, { cron: "0 7 * * *", timeZone: "Europe/Amsterdam" });
    await start({ database: url, schedules: [one, two] }, async (quern) => {
      expect((await quern.schedules.list()).schedules).toMatchObject([
        { name: "one", declared: "config", input: { to: "ops" } },
        { name: "two", declared: "config", words: "At 07:00, Europe/Amsterdam" },
      ]);
      await quern.schedule("mine", tick, undefined, { type: "daily" });
      await quern.schedules.create(tick, undefined, { name: "theirs", type: "daily" });
    });
    const changed = schedule("one", digest, { to: "all" }, { type: "hourly" });
    await start({ database: url, schedules: [changed] }, async (quern) => {
      const { schedules } = await quern.schedules.list();
      expect(schedules.map(({ name, declared }) => [name, declared])).toEqual([
        ["one", "config"],
        ["mine", "code"],
        ["theirs", null],
      ]);
      expect(schedules[0]).toMatchObject({ input: { to: "all" }, version: 2 });
      expect((await audited(quern)).map(({ who, action }) => `${who} ${action}`)).toEqual([
        "config schedule.create",
        "config schedule.create",
        "code schedule.create",
        "api schedule.create",
        "config schedule.update",
        "config schedule.delete",
      ]);
    });
  });

  it("of a func that another application has are left to it", async () => {
    const url = database();
    await start({ database: url, schedules: [schedule("one", tick, undefined, { type: "hourly" })] });
    await start({ database: url, tasks: [digest], schedules: [] }, async (quern) => {
      expect(await quern.schedules.count()).toBe(1);
    });
    await start({ database: url }, async (quern) => expect(await quern.schedules.count()).toBe(0));
  });

  it("that move into quern.schedule() are not deleted any more, and not changed by it", async () => {
    const url = database();
    await start(
      { database: url, schedules: [schedule("one", tick, undefined, { type: "hourly" })] },
      async (quern) => {
        await fire(quern, "one");
        await quern.schedule("one", tick, undefined, { type: "hourly" });
      },
    );
    await start({ database: url }, async (quern) => {
      expect(await quern.schedules.get("one")).toMatchObject({ declared: "code", repeats: -2 });
    });
  });

  it("one whose input its task function refuses is made, stopped, and shows why; the others run", async () => {
    const lines: string[] = [];
    const logger = { ...silent, error: (line: string) => void lines.push(line) };
    const bad = schedule("bad", digest, { to: 7 } as never, { type: "daily" });
    const good = schedule("good", tick, undefined, { type: "daily" });
    const url = database();
    await start({ database: url, logger, schedules: [bad, good] }, async (quern) => {
      const { schedules } = await quern.schedules.list();
      expect(schedules).toMatchObject([
        { name: "bad", held: true, error: expect.stringMatching(/^QUERN_BAD_INPUT: mail\.digest .* to: /) },
        { name: "good", held: false, error: null },
      ]);
      expect(await fire(quern, "bad")).toBeNull();
      expect(await fire(quern, "good")).not.toBeNull();
    });
    expect(lines).toEqual([
      expect.stringMatching(/^schedule \[bad\] can't take the input it is declared with: QUERN_BAD_INPUT: /),
    ]);
    const mended = schedule("bad", digest, { to: "ops" }, { type: "daily" });
    await start({ database: url, schedules: [mended, good] }, async (quern) => {
      expect(await quern.schedules.get("bad")).toMatchObject({ held: false, error: null, version: 2 });
      expect(await fire(quern, "bad")).not.toBeNull();
    });
    // A change for the worse stops it, rather than going on with what is no longer declared.
    await start({ database: url, schedules: [bad, good] }, async (quern) => {
      expect(await quern.schedules.get("bad")).toMatchObject({ held: true, input: { to: 7 }, repeats: -2 });
    });
  });

  it("is let go by the next start when the task function takes the same input again", async () => {
    const url = database();
    let takes = true;
    const fussy = task("fussy", { input: z.string().refine(() => takes) }, (value) => value);
    const declared = [
      schedule("one", fussy, "a", { type: "daily" }),
      schedule("two", fussy, "a", { type: "once" }),
    ];
    const standing = async (quern: Quern): Promise<unknown[]> =>
      (await quern.schedules.list()).schedules.map(({ held, error }) => [held, error?.split(":")[0] ?? null]);
    takes = false;
    for (const _ of ["the first", "and the same again"]) {
      await start({ database: url, tasks: [fussy], schedules: declared }, async (quern) => {
        expect(await standing(quern)).toEqual([
          [true, "QUERN_BAD_INPUT"],
          [true, "QUERN_BAD_INPUT"],
        ]);
      });
    }
    takes = true;
    await start({ database: url, tasks: [fussy], schedules: declared }, async (quern) => {
      expect(await standing(quern)).toEqual([
        [false, null],
        [false, null],
      ]);
      // What people made of it is theirs: the input that is declared says nothing of theirs.
      await quern.schedules.update("one", { input: "b" });
    });
    takes = false;
    await start({ database: url, tasks: [fussy], schedules: declared }, async (quern) => {
      expect(await standing(quern)).toEqual([
        [false, null],
        [true, "QUERN_BAD_INPUT"],
      ]);
    });
  });

  it.each<[string, unknown, object]>([
    [
      "a name that is there twice",
      [schedule("a", tick, undefined, daily), schedule("a", tick, undefined, daily)],
      { code: "QUERN_DUPLICATE_SCHEDULE" },
    ],
    [
      "a name that is none",
      [schedule("", tick, undefined, daily)],
      { details: expect.objectContaining({ field: "the name of a schedule" }) },
    ],
    [
      "a task function that is not in tasks",
      [
        schedule(
          "a",
          task("tock", () => 1),
          undefined,
          daily,
        ),
      ],
      { code: "QUERN_UNKNOWN_TASK" },
    ],
    ["a cron that is none", [schedule("a", tick, undefined, { cron: "* *" })], { code: "QUERN_BAD_CRON" }],
    [
      "what schedule() did not return",
      [{ scheduleName: "a" }],
      { details: expect.objectContaining({ field: "schedules[0]" }) },
    ],
    [
      "an unknown option",
      [schedule("a", tick, undefined, { ...daily, repeat: 3 } as never)],
      {
        message:
          'QUERN_UNKNOWN_OPTION: schedule a has no option "repeat". Did you mean "repeats"? docs/options.md lists them all.',
      },
    ],
    [
      "a wrong option",
      [schedule("a", tick, undefined, { ...daily, repeats: 1.5 })],
      {
        message: expect.stringMatching(/got 1\.5\. Set it in schedule\("a", tick, input, \{ repeats \}\)\.$/),
      },
    ],
  ])("refuses %s", (_, schedules, error) => {
    expect(() => new Quern({ tasks, schedules: schedules as never })).toThrow(expect.objectContaining(error));
  });
});
