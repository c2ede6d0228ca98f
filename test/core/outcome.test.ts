// What follows from an attempt's end: which outcomes use up an attempt or a crash, and when the next one comes.
import { describe, expect, it } from "vitest";
import { type Attempt, decide, markUnstored, type Report, whyUnstored } from "../../src/core/outcome.ts";

const options = {
  attempts: 3,
  backoff: "fixed",
  delayMs: 70,
  factor: 4,
  maxDelayMs: 1_000,
  jitter: false,
  timeoutMs: null,
  maxCrashes: 3,
  save: true,
  isolate: false,
  ackFailures: false,
} as const;

const report = (outcome: Report["outcome"], more: Partial<Report> = {}): Report => ({
  outcome,
  worker: "1",
  started: 0,
  stopped: 1,
  result: null,
  error: null,
  log: null,
  progress: null,
  retry: true,
  snoozeMs: null,
  unknown: false,
  ...more,
});

const task = { attempt: 1, uncounted: 0, crashes: 0, unknown: 0, isolate: false };

function after(
  outcome: Report["outcome"],
  {
    of = {},
    with: said = {},
    given = {},
  }: { of?: object; with?: Partial<Report>; given?: object | null } = {},
) {
  const attempt: Attempt = {
    task: { ...task, ...of },
    options: given === null ? null : { ...options, ...given },
  };
  return decide(attempt, report(outcome, said), () => 0.5);
}

const success = { end: "success" };
const failure = { end: "failure" };
const again = (delayMs: number | null, more = {}) => ({
  again: true,
  delayMs,
  unknown: 0,
  isolate: false,
  ...more,
});

describe("the first of three attempts", () => {
  it.each<[Report["outcome"], Partial<Report>, { uncounted: number; crashes: number; next: object }]>([
    ["success", {}, { uncounted: 0, crashes: 0, next: success }],
    ["failed", {}, { uncounted: 0, crashes: 0, next: again(70) }],
    ["failed", { retry: false }, { uncounted: 0, crashes: 0, next: failure }],
    ["timeout", {}, { uncounted: 0, crashes: 0, next: again(70) }],
    ["crashed", {}, { uncounted: 0, crashes: 1, next: again(null) }],
    ["lost", {}, { uncounted: 0, crashes: 0, next: again(null) }],
    ["released", {}, { uncounted: 1, crashes: 0, next: again(null) }],
    ["released", { unknown: true }, { uncounted: 1, crashes: 0, next: again(5_000, { unknown: 1 }) }],
    ["snoozed", { snoozeMs: 9 }, { uncounted: 1, crashes: 0, next: again(9) }],
    ["snoozed", {}, { uncounted: 1, crashes: 0, next: again(0) }],
    ["cancelled", {}, { uncounted: 0, crashes: 0, next: failure }],
    ["quarantined", {}, { uncounted: 0, crashes: 0, next: failure }],
  ])("that is %s %j", (outcome, said, decision) => {
    expect(after(outcome, { with: said })).toEqual(decision);
  });
});

describe("the last of three attempts", () => {
  it.each<[Report["outcome"], object]>([
    ["success", success],
    ["failed", failure],
    ["timeout", failure],
    ["crashed", failure],
    ["lost", failure],
    ["released", again(null)],
    ["snoozed", again(0)],
    ["cancelled", failure],
  ])("that is %s", (outcome, next) => {
    expect(after(outcome, { of: { attempt: 3 } }).next).toEqual(next);
  });

  it("is still to come when earlier ones used none up", () => {
    expect(after("failed", { of: { attempt: 9, uncounted: 7 } }).next).toEqual(again(70));
    expect(after("failed", { of: { attempt: 10, uncounted: 7 } }).next).toEqual(failure);
  });
});

describe("a crash", () => {
  it("ends the task at the third, however many attempts are left", () => {
    const many = { attempts: 100 };
    expect(after("crashed", { given: many }).next).toEqual(again(null));
    expect(after("crashed", { given: many, of: { attempt: 2, crashes: 1 } }).next).toEqual(
      again(null, { isolate: true }),
    );
    expect(after("crashed", { given: many, of: { attempt: 3, crashes: 2 } })).toMatchObject({
      crashes: 3,
      next: failure,
    });
  });

  it("before the last attempt gives that one a worker of its own", () => {
    expect(after("crashed", { of: { attempt: 2 } }).next).toEqual(again(null, { isolate: true }));
  });

  it("of a task that is never to start twice is its end", () => {
    expect(after("crashed", { given: { attempts: 1 } }).next).toEqual(failure);
    expect(after("lost", { given: { attempts: 1 } }).next).toEqual(failure);
    expect(after("released", { given: { attempts: 1 } }).next).toEqual(again(null)); // It had not started.
  });
});

it("a failure is the end where failures are acknowledged; what is no failure of the function is not", () => {
  const given = { ackFailures: true };
  for (const outcome of ["failed", "timeout"] as const)
    expect(after(outcome, { given }).next).toEqual(failure);
  for (const outcome of ["crashed", "lost", "released"] as const)
    expect(after(outcome, { given }).next).toEqual(again(null));
});

it("a task whose envelope can't be opened is never ended for what its policy would say", () => {
  const lone = { given: null, of: { attempt: 50, crashes: 49 } };
  for (const outcome of ["crashed", "lost", "released"] as const)
    expect(after(outcome, lone).next).toEqual(again(null));
  expect(after("quarantined", lone).next).toEqual(failure);
});

it("an isolated task stays isolated, whatever happens to it", () => {
  for (const outcome of ["failed", "timeout", "crashed", "lost", "released", "snoozed"] as const)
    expect(after(outcome, { of: { isolate: true } }).next).toMatchObject({ again: true, isolate: true });
});

it("why a result was not stored is told, and no encoded result is taken for that", () => {
  expect(whyUnstored(markUnstored("too large"))).toBe("too large");
  for (const encoded of ['"!"', "null", '{"$value":"undefined"}'])
    expect(whyUnstored(encoded)).toBeUndefined();
});
