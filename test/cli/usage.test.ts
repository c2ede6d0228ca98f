// Help, and what is asked in the wrong way: exit code 2, with what was probably meant.
import { afterAll, beforeAll, expect, it } from "vitest";
import { version } from "../../src/client/version.ts";
import { Project } from "./project.ts";

let project: Project;
beforeAll(() => {
  project = new Project();
});
afterAll(() => project.remove());

it.each<[string, RegExp]>([
  ["infoo", /^quern: unknown command 'infoo'\. Did you mean info\?\nSee quern --help\.\n$/],
  ["tasks lst", /unknown command 'lst'\. Did you mean list\?\nSee quern tasks --help\./],
  ["cluster --wokers 3", /unknown option '--wokers'\. Did you mean --workers\?\nSee quern cluster --help\./],
  [
    "cluster --workers many",
    /'--workers <n>' argument 'many' is invalid\. Expected a whole number from 0 to 1000\./,
  ],
  [
    "cluster --concurrency 0",
    /'--concurrency <n>' argument '0' is invalid\. Expected a whole number from 1 to 10000\./,
  ],
  [
    "tasks list --state failed",
    /argument 'failed' is invalid\. Expected waiting, ready, .* Did you mean failure\?/,
  ],
  ["tasks list --limit 0", /argument '0' is invalid\. Expected a whole number from 1 to 1000\./],
  ["tasks show", /missing required argument 'task'/],
  ["migrate now", /too many arguments/],
  ["schedules lst", /unknown command 'lst'\. Did you mean list\?\nSee quern schedules --help\./],
  ["schedules list --status activ", /Expected active, paused, finished\. Did you mean active\?/],
  ["schedules add nightly", /missing required argument 'func'/],
  ["schedules add nightly a --every 90s", /expected --every to be whole minutes or hours .*, got "90s"/],
  ["schedules add nightly a --first-run 2030-01-01", /expected --first-run to be a moment with its offset/],
  ["schedules add nightly a --type daily --input {a:1}", /expected --input to be JSON: /],
  ["schedules add nightly a --type daily --repeats some", /'some' is invalid\. Expected a whole number\./],
])("quern %s", async (words, sentence) => {
  const { code, out, err } = await project.quern(...words.split(" "));
  expect(err).toMatch(sentence);
  expect(out).toBe("");
  expect(code).toBe(2);
});

it("without a command shows the help, as an error", async () => {
  const { code, err } = await project.quern();
  expect(code).toBe(2);
  expect(err).toMatch(/^Usage: quern /);
});

it("help that was asked for is no error, and tells of every command", async () => {
  const { code, out } = await project.quern("--help");
  expect(code).toBe(0);
  for (const command of ["demo", "cluster", "info", "tasks", "clusters", "schedules", "migrate", "doctor"])
    expect(out).toMatch(new RegExp(`^ {2}${command} `, "m"));
  expect((await project.quern("help", "cluster")).out).toContain("--queue <name...>");
});

it("--version says which Quern this is", async () => {
  expect((await project.quern("--version")).out.trim()).toBe(version);
});
