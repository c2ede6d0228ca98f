// The clock of tests: it moves when it is told to, and everything that waits for it goes in order.
import { expect, it } from "vitest";
import { manualClock } from "../../src/testing/index.ts";

it("stands still until it is moved, the wall clock where it was set", async () => {
  const clock = manualClock(new Date("2031-02-03T04:05:06Z"));
  const [now, monotonic] = [clock.now(), clock.monotonic()];
  expect(now).toBe(Date.parse("2031-02-03T04:05:06Z"));
  await clock.advance(1_500);
  expect([clock.now() - now, clock.monotonic() - monotonic]).toEqual([1_500, 1_500]);
});

it("runs the timers that come due, each at its moment, in order, with those they set", async () => {
  const clock = manualClock(0);
  const ran: [string, number][] = [];
  const note = (name: string) => () => void ran.push([name, clock.now()]);
  clock.after(30, note("third"));
  clock.after(10, () => {
    note("first")();
    clock.after(10, note("second"));
  });
  clock.after(30, note("fourth"));
  clock.after(31, note("never"));
  clock.after(5, note("cancelled")).cancel();
  await clock.advance(30);
  expect(ran).toEqual([
    ["first", 10],
    ["second", 20],
    ["third", 30],
    ["fourth", 30],
  ]);
  expect(clock.waiting).toBe(1);
});

it("lets what follows a sleep sleep again on the way", async () => {
  const clock = manualClock(0);
  const woke: number[] = [];
  const loop = (async () => {
    for (let round = 0; round < 3; round++) {
      await clock.sleep(100);
      woke.push(clock.now());
    }
  })();
  await clock.advance(1_000);
  await loop;
  expect(woke).toEqual([100, 200, 300]);
});

it("ends a sleep early when its signal fires, and at once when it has fired", async () => {
  const clock = manualClock();
  const stop = new AbortController();
  const sleep = clock.sleep(60_000, stop.signal);
  stop.abort();
  await sleep;
  await clock.sleep(60_000, stop.signal);
  expect(clock.waiting).toBe(0);
});

it("lets the wall clock step without any timer noticing", async () => {
  const clock = manualClock(0);
  let ran = false;
  clock.after(1_000, () => (ran = true));
  clock.step(3_600_000);
  await clock.advance(999);
  expect([clock.now(), clock.monotonic(), ran]).toEqual([3_600_999, 999, false]);
  await clock.advance(1);
  expect(ran).toBe(true);
});
