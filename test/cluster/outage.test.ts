// What a cluster says of a database that is away: once for all its loops, again every so often, and when it is back.
import { beforeEach, expect, it } from "vitest";
import { Outage } from "../../src/cluster/outage.ts";
import { QuernError } from "../../src/core/errors.ts";
import { type ManualClock, manualClock } from "../../src/testing/manual-clock.ts";

const away = new QuernError("QUERN_DATABASE_AWAY", { path: "postgres://here", reason: "connection refused" });

let clock: ManualClock;
let said: string[];
let refusals: QuernError[];
let outage: Outage;
let retried: string[];
const met = (loop: string): void => outage.met(loop, away, () => retried.push(loop));

beforeEach(() => {
  clock = manualClock(0);
  said = [];
  refusals = [];
  retried = [];
  const say = (line: string): void => void said.push(line);
  const logger = { debug: say, info: say, warn: say, error: say };
  outage = new Outage({ clock, logger, onRefused: (error) => refusals.push(error) });
});

it("six loops that fail every second for five minutes make about four lines a minute", async () => {
  for (let second = 0; second < 300; second++) {
    for (const loop of ["a", "b", "c", "d", "e", "f"]) met(loop);
    await clock.advance(1_000);
  }
  expect(said.length).toBeGreaterThan(10);
  expect(said.length).toBeLessThan(25);
  expect(said[0]).toMatch(/^QUERN_DATABASE_AWAY: .* tried again and again; running tasks go on$/);
  expect(said.at(-1)).toMatch(/for 4 m\w* 45 s/);
});

it("the first loop that works makes the others try at once, and it is back when all of them work", async () => {
  met("a");
  met("b");
  await clock.advance(2_000);
  outage.over("a");
  expect(retried).toEqual(["b"]);
  expect(said.length).toBe(1);
  outage.over("b");
  expect(said.at(-1)).toBe("the database is back after 2.0 s");
  outage.over("b");
  expect(said.length).toBe(2);
});

it("one that comes and goes is not told each time", async () => {
  for (let tenth = 0; tenth < 600; tenth++) {
    met("a");
    outage.over("a");
    await clock.advance(100);
  }
  expect(said.length).toBeLessThan(60);
});

it("a refusal is told once, whoever meets it", () => {
  const refusal = new QuernError("QUERN_DATABASE_UNUSABLE", { permanent: true });
  outage.refused(refusal);
  outage.refused(refusal);
  expect(refusals).toEqual([refusal]);
});
