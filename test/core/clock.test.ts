// The clock's promises: long waits are whole, sleeping ends early and quietly, background timers hold nobody.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nextTurn, systemClock, turn } from "../../src/core/clock.ts";

const day = 86_400_000;

describe("the system clock", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("waits longer than a timer of Node can hold", () => {
    const run = vi.fn();
    systemClock.after(60 * day, run);
    vi.advanceTimersByTime(60 * day - 1);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledOnce();
  });

  it("can cancel a long wait in any of its parts", () => {
    const run = vi.fn();
    const timer = systemClock.after(60 * day, run);
    vi.advanceTimersByTime(40 * day);
    timer.cancel();
    vi.advanceTimersByTime(40 * day);
    expect(run).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("takes a negative wait as none", () => {
    const run = vi.fn();
    systemClock.after(-5, run);
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledOnce();
  });

  it("stops sleeping when the signal fires, without throwing and without a timer left behind", async () => {
    const stop = new AbortController();
    const slept = systemClock.sleep(day, stop.signal);
    stop.abort(new Error("stopped"));
    await expect(slept).resolves.toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not sleep at all on a signal that has fired before", async () => {
    await systemClock.sleep(day, AbortSignal.abort());
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves no listener on the signal after sleeping to the end", async () => {
    const stop = new AbortController();
    const removed = vi.spyOn(stop.signal, "removeEventListener");
    const slept = systemClock.sleep(10, stop.signal);
    await vi.advanceTimersByTimeAsync(10);
    await slept;
    expect(removed).toHaveBeenCalledOnce();
  });
});

describe("a turn of the event loop", () => {
  it("comes after what is ready now", async () => {
    const order: string[] = [];
    nextTurn(() => order.push("next turn"));
    process.nextTick(() => order.push("tick"));
    await turn();
    expect(order).toEqual(["tick", "next turn"]);
  });
});

it("a background timer does not hold the process", () => {
  const unref = vi.spyOn(Object.getPrototypeOf(setTimeout(() => {}, 0)), "unref");
  systemClock.after(10, () => {}, { background: true }).cancel();
  expect(unref).toHaveBeenCalledOnce();
  unref.mockRestore();
});
