// quern tasks: lists, shows and changes tasks, for people and for programs.
import { userInfo } from "node:os";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { TaskInfo } from "../../src/index.ts";
import { Project, usualConfig } from "./project.ts";

interface Page {
  tasks: TaskInfo[];
  next: string | null;
}

let project: Project;

beforeAll(async () => {
  project = new Project(usualConfig);
  await project.script(`
    await quern.enqueueMany(tasks.add, [{ a: 1, b: 2 }, { a: 5, b: 5 }], { group: "sums" });
    await quern.enqueue(tasks.bad, undefined, { name: "the bad one" });
    await quern.enqueue(tasks.sleep, { ms: 10 }, { name: "later", delay: "1h" });
    await quern.enqueue(tasks.add, { a: 1n, b: 10n ** 20n }, { name: "large", tags: ["\\u2603"] });
  `);
  const cluster = project.start(["cluster"]);
  await cluster.says(/Processed 'large'/);
  cluster.signal("SIGTERM");
  await cluster.ended;
});
afterAll(() => project.remove());

it("list shows the newest first, with state and result", async () => {
  const { code, out } = await project.quern("tasks", "list");
  const [titles = "", ...rows] = out.trimEnd().split("\n");
  expect(titles.split(/ {2,}/)).toEqual(["ID", "NAME", "FUNC", "STATE", "STARTED", "TOOK", "RESULT"]);
  expect(rows.map((row) => row.split(/ {2,}/).slice(2, 4))).toEqual([
    ["math.add", "success"],
    ["sleep", "waiting"],
    ["bad", "failed"],
    ["math.add", "success"],
    ["math.add", "success"],
  ]);
  expect(rows[0]).toMatch(/100000000000000000001n$/);
  expect(rows[2]).toMatch(/always bad$/);
  expect(code).toBe(0);
});

it("list filters, and goes on where a page ended", async () => {
  const names = async (...words: string[]): Promise<string[]> =>
    (await project.json<Page>("tasks", "list", ...words)).tasks.map(({ func }) => func);
  expect(await names("--state", "failure", "waiting")).toEqual(["sleep", "bad"]);
  expect(await names("--group", "sums")).toEqual(["math.add", "math.add"]);
  expect(await names("--func", "bad", "sleep")).toEqual(["sleep", "bad"]);
  expect(await names("--search", "LATER")).toEqual(["sleep"]);
  expect(await names("--queue", "nothing here")).toEqual([]);
  const first = await project.json<Page>("tasks", "list", "--limit", "2");
  const second = await project.json<Page>("tasks", "list", "--limit", "2", "--after", String(first.next));
  expect(second.tasks.map(({ name }) => name)[0]).toBe("the bad one");
});

it("show prints all there is, by name or id", async () => {
  const { id } = await project.json<TaskInfo>("tasks", "show", "the bad one");
  const { out } = await project.quern("tasks", "show", id);
  expect(out).toMatch(/^the bad one {2}failed\n/);
  expect(out).toMatch(/TypeError: always bad\n {6}at /);
  expect(out).toMatch(/Attempt 1: failed, /);
  const large = await project.json<TaskInfo & { attempts: { log: { message: string }[] }[] }>(
    "tasks",
    "show",
    "large",
  );
  expect(large).toMatchObject({
    result: "100000000000000000001",
    progress: { value: 0.5, note: "half" },
    attempts: [{ log: [{ message: "adding" }] }],
  });
});

it("show of what is not there says so", async () => {
  const { code, err } = await project.quern("tasks", "show", "nobody");
  expect(err).toMatch(/no task has the id or name "nobody"\./);
  expect(code).toBe(1);
});

it("resubmit, cancel and delete say what became of each, and tell the audit log who", async () => {
  const resubmitted = await project.quern("tasks", "resubmit", "the bad one", "later");
  expect(resubmitted.out).toMatch(
    /^ok {4}the bad one: queued again as \S+\nfail {2}later: .*it has not ended, it is waiting/,
  );
  expect(resubmitted.code).toBe(1);
  expect((await project.quern("tasks", "cancel", "later")).out).toBe("ok    later: cancelled\n");
  expect(await project.json("tasks", "cancel", "later", "nobody")).toMatchObject([
    { task: "later", done: false, answer: "it has ended" },
    { task: "nobody", id: null, done: false },
  ]);
  expect(await project.quern("tasks", "delete", "later")).toMatchObject({
    code: 0,
    out: "ok    later: deleted\n",
  });
  const audits = await project.script(`
    const { store } = await quern[Symbol.for("quern.client")].open();
    console.log(JSON.stringify((await store.audits(10)).map(({ who, action }) => [who, action])));
  `);
  const who = `cli:${userInfo().username}`;
  expect(JSON.parse(audits)).toEqual(
    expect.arrayContaining([
      [who, "task.delete"],
      [who, "task.cancel"],
      [who, "task.resubmit"],
    ]),
  );
});

it("what stands in a row moves no cursor", async () => {
  await project.script(
    `await quern.enqueue(tasks.sleep, { ms: 1, text: "\\u001b[2J\\u202egone" }, { name: "odd", delay: "1h" })`,
  );
  const { out } = await project.quern("tasks", "show", "odd");
  expect(out).toContain("gone");
  expect(out).not.toMatch(/[\u001b\u202e]/);
});

it("a result that could not be stored is told with its reason, by list and by show", async () => {
  const odd = new Project(`
    import { Quern, task } from "quern";
    export const odd = task("odd", () => () => 1);
    export default new Quern({ tasks: [odd], sync: true });
  `);
  try {
    await odd.script(`await quern.enqueue(tasks.odd, undefined, { name: "odd one" })`);
    const told = /not stored: .*expected result to be plain data, got a function/;
    expect((await odd.quern("tasks", "list")).out).toMatch(told);
    expect((await odd.quern("tasks", "show", "odd one")).out).toMatch(
      new RegExp(`Result\\n  ${told.source}`),
    );
  } finally {
    await odd.remove();
  }
});
