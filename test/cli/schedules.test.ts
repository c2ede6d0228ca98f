// quern schedules: makes, lists, shows and changes schedules, for people and for programs.
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ScheduleInfo } from "../../src/index.ts";
import { loadSqlite } from "../../src/store/sqlite/sqlite-driver.ts";
import { Project } from "./project.ts";

const config = `
  import { Quern, task } from "quern";
  const add = task("math.add", ({ a, b }) => a + b);
  export { add };
  export default new Quern({ tasks: [add], workers: 1, database: "sqlite:quern.db", timeZone: "Europe/Amsterdam" });
`;

let project: Project;
beforeAll(async () => {
  project = new Project(config);
  await project.script(`
    await quern.schedules.create(tasks.add, { a: 1, b: 2 },
      { name: "sums", type: "daily", firstRun: new Date("2020-01-01T06:00:00Z"), missed: "none" });
    await quern.schedules.create(tasks.add, { a: 1, b: 2 }, { name: "odd \\u202ename", cron: "0 12 * * *", repeats: 5 });
  `);
});
afterAll(() => project.remove());

it("add makes one from what is typed, and says when it comes", async () => {
  const typed = [
    "schedules",
    "add",
    "nightly",
    "math.add",
    "--cron",
    "0 22 * * 1-5",
    "--input",
    '{"a":1,"b":2}',
  ];
  const { code, out } = await project.quern(...typed, "--repeats", "-5", "--group", "mine");
  expect(out).toMatch(/^ok {4}nightly: At 22:00, Monday through Friday, Europe\/Amsterdam, next \d{4}-/);
  expect(code).toBe(0);
  expect(await project.json<ScheduleInfo>("schedules", "show", "nightly")).toMatchObject({
    cron: "0 22 * * 1-5",
    repeats: -5,
    group: "mine",
    input: { a: 1, b: 2 },
    declared: null,
  });
  const every = [
    "schedules",
    "add",
    "often",
    "math.add",
    "--every",
    "2h",
    "--repeats",
    "3",
    "--time-zone",
    "UTC",
  ];
  const until = [
    "--first-run",
    "2100-01-01T07:00:00+01:00",
    "--end",
    "2101-01-01T00:00:00Z",
    "--missed",
    "all",
  ];
  expect(await project.json<ScheduleInfo>(...every, ...until)).toMatchObject({
    type: "minutes",
    minutes: 120,
    firstRun: "2100-01-01T06:00:00.000Z",
    end: "2101-01-01T00:00:00.000Z",
    missed: "all",
  });
});

it.each<[string[], RegExp]>([
  [["--type", "dayly"], /expected type to be .*did you mean "daily"\?\), got "dayly"\.\n$/],
  [["--cron", "* *"], /QUERN_BAD_CRON: expected the number of fields of cron/],
  [["--type", "daily", "--cron", "@daily"], /expected cron to be left out where the type is "daily"/],
  [["--type", "daily", "--time-zone", "Amsterdam"], /expected timeZone to be an IANA time zone/],
  [["--type", "daily", "--end", "2001-01-01T00:00:00Z"], /expected end of a schedule to be no earlier/],
  [[], /expected type to be one of once, /],
])("add refuses %j as asked in the wrong way", async (words, sentence) => {
  const { code, out, err } = await project.quern("schedules", "add", "wrong", "math.add", ...words);
  expect(err).toMatch(sentence);
  expect([code, out]).toEqual([2, ""]);
});

it("add says which task function was meant, and that a name is taken", async () => {
  const unknown = await project.quern("schedules", "add", "x", "math.ad", "--type", "daily");
  expect(unknown.err).toMatch(/no task function is called "math\.ad"\. Did you mean "math\.add"\?/);
  const taken = await project.quern("schedules", "add", "sums", "math.add", "--type", "daily");
  expect(taken).toMatchObject({ code: 1, err: expect.stringContaining('another schedule is called "sums"') });
});

it("list shows when they come, how the last run went, what is left and how they stand", async () => {
  const { code, out } = await project.quern("schedules", "list");
  const [titles = "", ...rows] = out.trimEnd().split("\n");
  expect(titles.split(/ {2,}/)).toEqual([
    "NAME",
    "FUNC",
    "TYPE",
    "NEXT RUN",
    "LAST RUN",
    "SUCCESS",
    "REPEATS",
    "STATUS",
  ]);
  expect(rows[0]).toMatch(
    /^sums .* Every day at 07:00, Europe\/Amsterdam {2,}\d{4}-\S+ \S+ +-1 for ever +active$/,
  );
  expect(rows[1]).toMatch(/ 5 left +active$/);
  expect(out).not.toMatch(/[\u001b\u202e]/);
  expect(code).toBe(0);
  const names = async (...words: string[]): Promise<(string | null)[]> =>
    (await project.json<{ schedules: ScheduleInfo[] }>("schedules", "list", ...words)).schedules.map(
      ({ name }) => name,
    );
  expect(await names("--search", "SUM")).toEqual(["sums"]);
  expect(await names("--status", "paused")).toEqual([]);
  expect((await project.quern("schedules", "list", "--failing")).out).toBe("No schedule matches.\n");
});

it("show and preview tell the next runs by both clocks, and who is not there is said with what was meant", async () => {
  const { out } = await project.quern("schedules", "show", "sums");
  expect(out).toMatch(/^sums {2}active\n/);
  expect(out).toMatch(/ {2}comes +Every day at 07:00, Europe\/Amsterdam\n/);
  expect(out).toMatch(/Next\n {2}\w{3} \d{4}-\d\d-\d\d 07:00:00 Europe\/Amsterdam {2}\(here /);
  const { out: previewed } = await project.quern("schedules", "preview", "sums", "--count", "3");
  expect(previewed.trimEnd().split("\n")).toHaveLength(3);
  expect(await project.json("schedules", "preview", "sums", "--count", "2")).toHaveLength(2);
  const { code, err } = await project.quern("schedules", "show", "smus");
  expect(err).toMatch(/no schedule has the id or name "smus"\. Did you mean "sums"\?/);
  expect(code).toBe(1);
});

it("list, info and doctor tell of those that should run and do not, and why", async () => {
  await project.script(`
    for (const name of ["held", "failing", "late", "odd"])
      await quern.schedules.create(tasks.add, { a: 1, b: 2 }, { name, type: "daily" });
  `);
  const { DatabaseSync } = await loadSqlite();
  const database = new DatabaseSync(join(project.folder, "quern.db"));
  database.exec(`
    UPDATE quern_schedule SET error = 'QUERN_BAD_INPUT: no', held = 1 WHERE name = 'held';
    UPDATE quern_schedule SET error = 'QUERN_UNKNOWN_TASK: nobody' WHERE name = 'failing';
    UPDATE quern_schedule SET next_run = 1767225600000 WHERE name = 'late';
    UPDATE quern_schedule SET definition = '{' WHERE name = 'odd';
  `);
  database.close();
  const { out } = await project.quern("schedules", "list");
  for (const [name, standing] of Object.entries({
    ...{ held: "invalid", failing: "failing", late: "overdue", odd: "invalid" },
  }))
    expect(out).toMatch(new RegExp(`^${name} .* ${standing}$`, "m"));
  expect(out).toMatch(
    /\nheld: QUERN_BAD_INPUT: no\nfailing: QUERN_UNKNOWN_TASK: nobody\nodd: QUERN_UNREADABLE_/,
  );
  const page = await project.json<{ schedules: ScheduleInfo[] }>("schedules", "list", "--search", "late");
  expect(page.schedules).toMatchObject([{ overdue: true, held: false, error: null, unreadable: null }]);

  const info = await project.quern("info");
  expect(info.out).toMatch(/\n {2}schedules +\d+\n/);
  expect(info.out).toMatch(
    /\n3 schedules should run and do not:\n {2}held: QUERN_BAD_INPUT: no\n {2}failing: .*\n {2}late: overdue: it should have run at 2026-01-01T00:00:00\.000Z\n/,
  );
  expect(await project.json("info")).toMatchObject({
    schedules: { troubled: 3, shown: [{ schedule: "held", trouble: "held: QUERN_BAD_INPUT: no" }, {}, {}] },
  });
  expect((await project.quern("doctor")).out).toMatch(
    /\nwarn {2}schedules +3 should run and do not: held: QUERN_BAD_INPUT: no; failing: .*; late: overdue: /,
  );
  for (const name of ["held", "failing", "late", "odd"]) await project.quern("schedules", "delete", name);
  expect((await project.quern("doctor")).out).toMatch(/\nok {4}schedules +\d+ schedules, none in trouble\n/);
});

it("a cluster does not start with a declaration that could never be right, and says which", async () => {
  const wrong = new Project(
    config
      .replace("{ Quern, task }", "{ Quern, schedule, task }")
      .replace("workers: 1,", 'workers: 1, schedules: [schedule("sums", add, {}, { cron: "61 * * * *" })],'),
  );
  try {
    const { code, err } = await wrong.quern("cluster");
    expect(err).toMatch(/QUERN_BAD_CRON: .*the minute/);
    expect(code).not.toBe(0);
  } finally {
    await wrong.remove();
  }
});

it("run, pause, resume and delete say what became of each, and tell the audit log who", async () => {
  expect((await project.quern("schedules", "history", "sums")).out).toBe("It has not run.\n");
  const [run] = await project.json<{ task: string }[]>("schedules", "run", "sums");
  const history = await project.quern("schedules", "history", "sums");
  expect(history.out).toMatch(new RegExp(`^SLOT .*\\n\\S+ \\S+ +manual .* not ended +${run?.task}\\n$`));

  const paused = await project.quern("schedules", "pause", "sums", "nobody");
  expect(paused.out).toMatch(
    /^ok {4}sums: paused; .*\nfail {2}nobody: no schedule has .*\n1 schedule of 2 could not/,
  );
  expect(paused.code).toBe(1);
  expect(await project.quern("schedules", "pause", "sums")).toMatchObject({ code: 1 });
  expect((await project.quern("schedules", "list", "--status", "paused")).out).toMatch(
    / 0 paused \(-1 kept\) +paused\n$/,
  );
  expect((await project.quern("schedules", "preview", "sums")).out).toBe(
    "It does not come: it is paused or finished.\n",
  );
  expect((await project.quern("schedules", "resume", "sums")).out).toMatch(
    /^ok {4}sums: goes on, next \d{4}-/,
  );
  expect(await project.quern("schedules", "delete", "sums")).toMatchObject({
    code: 0,
    out: "ok    sums: deleted\n",
  });
  expect(await project.quern("schedules", "delete", "sums")).toMatchObject({ code: 1 });

  const audits = await project.script(`
    const { store } = await quern[Symbol.for("quern.client")].open();
    console.log(JSON.stringify((await store.audits(4)).map(({ who, action }) => [who, action])));
  `);
  const who = `cli:${userInfo().username}`;
  expect(JSON.parse(audits)).toEqual(
    ["delete", "resume", "pause", "run"].map((action) => [who, `schedule.${action}`]),
  );
});
