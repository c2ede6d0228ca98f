// Events: listeners can come, go, fail and hang without harm to who sends.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { type EventName, Events } from "../../src/core/events.ts";

const lost = { id: "1", name: "quiet-mill", func: "mail.welcome", queue: "default", attempt: 1 };
let events: Events;
let failures: [string, EventName][];

beforeEach(() => {
  vi.useFakeTimers();
  failures = [];
  events = new Events((error, event) => failures.push([String(error), event]), systemClock);
});
afterEach(() => void vi.useRealTimers());

it("a listener hears its event until it is taken off", async () => {
  const heard: unknown[] = [];
  const off = events.on("task:lost", (payload) => void heard.push(payload.attempt));
  await events.emit("task:lost", lost);
  off();
  off();
  await events.emit("task:lost", lost);
  expect(heard).toEqual([1]);
});

it("a listener for once hears one, also when the second comes while it runs", async () => {
  const listener = vi.fn();
  events.once("task:lost", listener);
  await Promise.all([events.emit("task:lost", lost), events.emit("task:lost", lost)]);
  expect(listener).toHaveBeenCalledOnce();
});

it("a listener for once is taken off as any other", async () => {
  const listener = vi.fn();
  events.once("task:lost", listener);
  events.off("task:lost", listener);
  await events.emit("task:lost", lost);
  expect(listener).not.toHaveBeenCalled();
});

it("a listener that hears all goes on with that when it is handed in for once as well", async () => {
  const listener = vi.fn();
  events.on("task:lost", listener);
  events.once("task:lost", listener);
  for (let times = 0; times < 2; times++) await events.emit("task:lost", lost);
  expect(listener).toHaveBeenCalledTimes(2);
});

it("tells which events somebody listens to", () => {
  const listener = (): void => {};
  events.on("task:lost", listener);
  events.on("cluster:stopped", listener);
  events.off("cluster:stopped", listener);
  events.off("task:failed", listener);
  expect(events.listening()).toEqual(["task:lost"]);
});

it("a listener that throws or rejects is reported and stops no other", async () => {
  const last = vi.fn();
  events.on("task:lost", () => {
    throw new Error("thrown");
  });
  events.on("task:lost", () => Promise.reject(new Error("rejected")));
  events.on("task:lost", last);
  await events.emit("task:lost", lost);
  expect(last).toHaveBeenCalledOnce();
  expect(failures).toEqual([
    ["Error: thrown", "task:lost"],
    ["Error: rejected", "task:lost"],
  ]);
});

it("sending waits for listeners that take time", async () => {
  let done = false;
  events.on("task:lost", async () => {
    await systemClock.sleep(1_500);
    done = true;
  });
  const sent = events.emit("task:lost", lost);
  await vi.advanceTimersByTimeAsync(1_500);
  await sent;
  expect(done).toBe(true);
  expect(failures).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

it("sending waits at most two seconds for one that hangs, and says so", async () => {
  events.on("task:lost", () => new Promise<void>(() => {}));
  const sent = events.emit("task:lost", lost);
  await vi.advanceTimersByTimeAsync(2_000);
  await sent;
  expect(failures).toEqual([["Error: a listener took longer than 2000 ms", "task:lost"]]);
});

it("a handler of errors that throws itself is no reason for sending to fail", async () => {
  const broken = new Events(() => {
    throw new Error("again");
  }, systemClock);
  broken.on("task:lost", () => Promise.reject(new Error("x")));
  await expect(broken.emit("task:lost", lost)).resolves.toBeUndefined();
});
