// Bad input: a sentence that names the field, what was given and what to do; an exit code that is not 0; nothing written halfway.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Project } from "./project.ts";

const head = `import { Quern, task } from "quern"; const a = task("a", () => 1);\n`;
const withOptions = (options: string): string =>
  `${head}export default new Quern({ tasks: [a], ${options} });`;

let project: Project;
afterEach(() => project.remove());

/** Runs `quern info`, which opens the database, and holds that it left no trace. */
async function refused(config: string | undefined, ...words: string[]): Promise<string> {
  project = new Project(config);
  const before = project.files();
  const { code, out, err } = await project.quern(...(words.length === 0 ? ["info"] : words));
  expect(out).toBe("");
  expect(code).toBe(1);
  expect(err).not.toMatch(/^\s+at (async )?\S+ \(|node:internal/m);
  expect(project.files()).toEqual(before);
  return err;
}

describe("a project module", () => {
  it("that is not there", async () => {
    expect(await refused(undefined)).toMatch(
      /expected quern\.config\.ts or quern\.ts in .* found none\. .*--config/,
    );
  });

  it("that is not where --config says", async () => {
    expect(await refused(undefined, "info", "--config", "conf/x.mjs")).toMatch(
      /expected x\.mjs in .*conf, found none/,
    );
  });

  it("that is looked for in the folder that --config names", async () => {
    expect(await refused(undefined, "info", "--config", ".")).toMatch(
      /expected quern\.config\.ts or quern\.ts in \/\S+, found none/,
    );
  });

  it("that throws: what it threw, and where", async () => {
    const said = await refused(`${head}\nthrow new RangeError("boom");`);
    expect(said).toContain("it threw RangeError: boom.");
    expect(said).toMatch(/at \/.*quern\.config\.mjs:3:/);
  });

  it("that is no JavaScript", async () => {
    expect(await refused("const = 5;")).toMatch(
      /it threw SyntaxError: .*\n {2}to see where: node \/.*quern\.config\.mjs/,
    );
  });

  it("that imports what is not there", async () => {
    expect(await refused(`import "./nope.mjs";`)).toMatch(/Cannot find module .*nope\.mjs/);
  });

  it.each([
    ["no default export", `${head}export const quern = new Quern({ tasks: [a] });`],
    ["a default export that is no Quern", "export default { tasks: [] };"],
  ])("with %s", async (_, config) => {
    expect(await refused(config)).toMatch(
      /it exports no Quern as default\. Export your Quern from it: export default/,
    );
  });

  it("with two task functions of one name", async () => {
    const said = await refused(`${head}export default new Quern({ tasks: [a, task("a", () => 2)] });`);
    expect(said).toMatch(/task functions with different names, got two called "a"\. Rename one/);
    expect(said).toMatch(/in \/.*quern\.config\.mjs/);
  });

  it("that only fails in workers ends the cluster with what it threw", async () => {
    project = new Project(
      `${head}if (process.send) throw new Error("not in here");\nexport default new Quern({ tasks: [a] });`,
    );
    const { code, err } = await project.quern("cluster");
    expect(code).toBe(1);
    expect(err).toMatch(/the workers did not get ready: .*it threw Error: not in here/);
  });
});

describe("an option", () => {
  it.each<[string, RegExp]>([
    [`databse: "sqlite:x.db"`, /no option "databse"\. Did you mean "database"\?/],
    [
      `database: "quern.db"`,
      /expected database to be a URL such as .*, got "quern\.db"\. Set it in new Quern\(\{ database \}\)/,
    ],
    [`database: "mongodb://me:hidden@host/x"`, /expected database to be a URL/],
    [
      `database: "postgres://me:hid/den@host/x"`,
      /a password's \/, #, \? and @ written as %2F, %23, %3F and %40, got "postgres:\/\/me:…@host\/x"/,
    ],
    [
      `lease: "soon"`,
      /expected lease to be a duration such as "30s", .* got "soon"\. Set it in new Quern\(\{ lease \}\)/,
    ],
    [
      `queues: { slow: { concurency: 2 } }`,
      /queues\.slow has no option "concurency"\. Did you mean "concurrency"\?/,
    ],
    [`concurrency: 0`, /expected concurrency to be a whole number from 1 .* got 0\./],
    [`secret: "short"`, /expected secret to be at least 16 characters long/],
  ])("%s", async (options, sentence) => {
    const said = await refused(withOptions(options));
    expect(said).toMatch(sentence);
    expect(said).not.toContain("hidden");
  });

  it("from the environment", async () => {
    project = new Project(withOptions(""));
    const { code, err } = await project.start(["info"], { QUERN_CONCURRENCY: "ten" }).ended;
    expect(code).toBe(1);
    expect(err).toMatch(
      /expected concurrency to be a whole number .* got "ten"\. Set it in the environment variable QUERN_CONCURRENCY/,
    );
  });
});

describe("an SQLite path", () => {
  it("that is a directory", async () => {
    project = new Project(withOptions(`database: "sqlite:data"`));
    mkdirSync(join(project.folder, "data"));
    const { code, err } = await project.quern("info");
    expect(code).toBe(1);
    expect(err).toMatch(
      /the database \/.*\/data can't be used: it is a directory\. Set database, in new Quern\(\{ database \}\)/,
    );
  });

  it("that is no database", async () => {
    project = new Project(withOptions(`database: "sqlite:notes.txt"`));
    project.write("notes.txt", "These are notes of mine, and no database at all.\n".repeat(20));
    const before = project.files();
    const { code, err } = await project.quern("tasks", "list");
    expect(code).toBe(1);
    expect(err).toMatch(/notes\.txt can't be used: it is not an SQLite database\. Set database/);
    expect(project.files()).toEqual(before);
  });

  it("in a folder that is not there", async () => {
    expect(await refused(withOptions(`database: "sqlite:no/such/quern.db"`))).toMatch(
      /its folder \/.*no\/such does not exist\. Make the folder, or set/,
    );
  });

  it("in a folder that is not writable", async () => {
    // Not a folder of ours: the tests may run as root, who may write to any of those.
    expect(await refused(withOptions(`database: "sqlite:/sys/quern.db"`))).toMatch(
      /its folder \/sys is not writable\. Let this user write there, or set/,
    );
  });

  it("in memory, with workers in other processes", async () => {
    expect(await refused(withOptions(`database: "memory:"`), "cluster")).toMatch(
      /memory: lives in one process.* Set workers: 0, or use a file/,
    );
  });

  it("of a demo", async () => {
    expect(await refused(undefined, "demo", "--once", "--database", "nowhere")).toMatch(
      /expected database to be a URL such as .*got "nowhere"/,
    );
  });
});
