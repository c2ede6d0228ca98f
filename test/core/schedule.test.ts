// What one step of the scheduler does to a schedule: which slots become tasks, the count, what was missed, pause and end.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  advance,
  advances,
  type Missed,
  firstSlot,
  nextRuns,
  pause,
  resume,
  type ScheduleState,
  type ScheduleType,
  statusOf,
} from "../../src/core/schedule/schedule.ts";

interface RepeatsCase {
  id: string;
  type: ScheduleType;
  minutes?: number;
  repeats: number;
  missed: Missed;
  firstSlot: string;
  started: string;
  now: string;
  tasks: number;
  slots?: string[];
  after: "deleted" | { repeats: number; nextRun: string | null };
}

const { cases }: { cases: RepeatsCase[] } = JSON.parse(
  readFileSync(new URL("../vectors/repeats.json", import.meta.url), "utf8"),
);

const minute = 60_000;
const noon = Date.parse("2024-05-15T12:00:00Z");
const every5Minutes: ScheduleState = {
  type: "minutes",
  minutes: 5,
  timeZone: "UTC",
  firstRun: noon,
  repeats: -1,
  nextRun: noon,
  missed: "one",
};

describe("advance", () => {
  it.each(cases)("$id: $type, repeats $repeats, missed $missed", (given) => {
    const { type, minutes, repeats, missed } = given;
    const firstRun = Date.parse(given.firstSlot);
    const row: ScheduleState = { type, timeZone: "UTC", firstRun, repeats, nextRun: firstRun, missed };
    const fired = live(
      { ...row, minutes: minutes ?? null },
      Date.parse(given.started),
      Date.parse(given.now),
    );
    expect(fired.slots).toHaveLength(given.tasks);
    if (given.slots) expect(fired.slots.map(iso)).toEqual(given.slots.map(iso));
    if (given.after === "deleted") return expect(fired.removed).toBe(true);
    expect(fired.removed).toBe(false);
    expect(fired.row.repeats).toBe(given.after.repeats);
    expect(fired.row.nextRun).toBe(given.after.nextRun === null ? null : Date.parse(given.after.nextRun));
  });

  it("a first run that has just passed is the first slot, for who says now says it a little before", () => {
    const daily = { type: "daily", timeZone: "UTC", firstRun: noon } as const;
    const grace = { graceMs: minute };
    expect(firstSlot(daily, { now: noon + 5, ...grace })).toBe(noon);
    expect(firstSlot(daily, { now: noon + minute, ...grace })).toBe(noon);
    expect(firstSlot(daily, { now: noon + minute + 1, ...grace })).toBe(noon + 24 * 60 * minute);
    expect(firstSlot(daily, { now: noon + 5, graceMs: 0 })).toBe(noon + 24 * 60 * minute);
    expect(firstSlot({ ...daily, end: noon }, { now: noon + 5, ...grace })).toBe(noon);
    // The line of a cron says when it comes, not its first run.
    const cron = { type: "cron", cron: "0 13 * * *", timeZone: "UTC", firstRun: noon } as const;
    expect(firstSlot(cron, { now: noon + 5, ...grace })).toBe(noon + 60 * minute);
    // What is shown as coming next never includes what is not later.
    expect(nextRuns(daily, { after: noon, count: 1 }).map(Number)).toEqual([noon + 24 * 60 * minute]);
  });

  it("does nothing before the next run, and fires it on the millisecond", () => {
    expect(advance(every5Minutes, { now: noon - 1 })).toBeNull();
    expect(advance(every5Minutes, { now: noon })).toEqual({
      slot: noon,
      next: { repeats: -2, nextRun: noon + 5 * minute },
      remove: false,
    });
  });

  it("counts a slot as missed when it is more than a minute late", () => {
    const none = { ...every5Minutes, missed: "none" } as const;
    expect(advance(none, { now: noon + minute })?.slot).toBe(noon);
    expect(advance(none, { now: noon + minute + 1 })).toEqual({
      slot: null,
      next: { repeats: -1, nextRun: noon + 5 * minute },
      remove: false,
    });
    expect(advance({ ...none, missedAfterMs: 2 * minute }, { now: noon + minute + 1 })?.slot).toBe(noon);
  });

  it("with none passes over what was missed and fires what is on time, uncounted and counted", () => {
    const fired = live({ ...every5Minutes, missed: "none" }, noon + 20.5 * minute, noon + 26 * minute);
    expect(fired.slots).toEqual([noon + 20 * minute, noon + 25 * minute]);
    expect(fired.row).toMatchObject({ repeats: -3, nextRun: noon + 30 * minute });
  });

  it("with one fires the newest of what was missed and goes on in the future", () => {
    const later = noon + 400 * 24 * 60 * minute + 2 * minute;
    expect(advance(every5Minutes, { now: later })).toEqual({
      slot: later - 2 * minute,
      next: { repeats: -2, nextRun: later + 3 * minute },
      remove: false,
    });
  });

  it("with all fires the newest 1,000 of what was missed, oldest first", () => {
    const lines: Partial<ScheduleState>[] = [
      {},
      { type: "hourly" },
      { type: "daily", timeZone: "America/New_York" },
      { type: "cron", cron: "*/5 * * * *" },
      { type: "cron", cron: "0-30/2 9-17 * * 1-5", timeZone: "Europe/Amsterdam" },
      { type: "cron", cron: "*/20 * 8 * * *" },
    ];
    for (const line of lines) {
      const missed = { ...every5Minutes, ...line, missed: "all" } as const;
      const from = nextRuns(missed, { after: noon, count: 1 })[0]!.getTime();
      const slots = nextRuns(missed, { after: from - 1, count: 1_500 }).map(Number);
      const now = slots.at(-1)! + 1;
      const fired = live({ ...missed, nextRun: from }, now, now);
      expect(fired.slots).toEqual(slots.slice(-1_000));
      expect(fired.row.repeats).toBe(-1_001);
    }
  });

  it("asked for one step at a time, takes the same steps", () => {
    for (const missed of ["all", "one", "none"] as const) {
      for (const repeats of [-1, 3]) {
        let row: ScheduleState = { ...every5Minutes, missed, repeats };
        const now = noon + 31 * minute;
        const steps = [...advances(row, { now })];
        for (const step of steps) {
          expect(advance(row, { now })).toEqual(step);
          row = { ...row, ...step.next };
        }
        expect(advance(row, { now })).toBeNull();
      }
    }
  });

  it("of few that were missed fires each, however long ago", () => {
    const monthly: ScheduleState = { ...every5Minutes, type: "cron", cron: "0 0 1 * *", missed: "all" };
    const slots = nextRuns(monthly, { after: noon, count: 60 }).map(Number);
    const now = slots.at(-1)!;
    expect(live({ ...monthly, nextRun: slots[0]! }, now, now).slots).toEqual(slots);
  });

  it("a clock that is set back fires nothing twice, set forward nothing less", () => {
    const first = live(every5Minutes, noon, noon + 11 * minute);
    expect(first.slots).toHaveLength(3);
    expect(live(first.row, noon - 60 * minute, noon + 11 * minute).slots).toEqual([]);
    const all = live({ ...first.row, missed: "all" }, noon + 71 * minute, noon + 71 * minute);
    expect(all.slots).toHaveLength(12);
  });

  it("fires a next run that somebody moved, and then its own slots again", () => {
    expect(advance({ ...every5Minutes, nextRun: noon + 2 * minute }, { now: noon + 2 * minute })).toEqual({
      slot: noon + 2 * minute,
      next: { repeats: -2, nextRun: noon + 5 * minute },
      remove: false,
    });
  });

  it("a once that was missed and is not to be made up for ends without its run", () => {
    const once = { ...every5Minutes, type: "once", missed: "none" } as const;
    expect(advance(once, { now: noon + 2 * minute })).toEqual({
      slot: null,
      next: { repeats: -1, nextRun: null },
      remove: false,
    });
  });

  it("ends after its end", () => {
    const step = advance({ ...every5Minutes, end: noon + 4 * minute }, { now: noon });
    expect(step).toEqual({ slot: noon, next: { repeats: -2, nextRun: null }, remove: false });
  });

  it("whenever it is called, fires each slot once and in order", () => {
    const types = fc.constantFrom<Partial<ScheduleState>>(
      {},
      { type: "hourly" },
      { type: "cron", cron: "*/7 1-3 * * *", timeZone: "America/New_York" },
      { type: "cron", cron: "10,50 * * * *", timeZone: "Australia/Lord_Howe" },
    );
    const pauses = fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(types, pauses, fc.integer({ min: -5, max: 30 }), (type, minutes, repeats) => {
        let now = Date.parse("2024-11-03T03:00:00Z");
        const state: ScheduleState = { ...every5Minutes, ...type, firstRun: now, repeats, missed: "all" };
        const wanted = nextRuns(state, { after: now - 1, count: 2_000 }).map(Number);
        let row: ScheduleState = { ...state, nextRun: wanted[0]! };
        const slots: number[] = [];
        for (const pauseMinutes of minutes) {
          now += pauseMinutes * minute;
          const fired = live(row, now, now);
          slots.push(...fired.slots);
          row = fired.row;
        }
        const due = wanted.filter((slot) => slot <= now);
        expect(slots).toEqual(repeats < 0 ? due : due.slice(0, repeats));
      }),
    );
  });
});

describe("pause and resume", () => {
  it("keep the count, and what passes during the pause is not missed", () => {
    const active: ScheduleState = { ...every5Minutes, repeats: 7, missed: "all" };
    expect(statusOf(active)).toBe("active");
    const paused = { ...active, ...pause(active) };
    expect(paused).toMatchObject({ repeats: 0, pausedRepeats: 7, nextRun: noon });
    expect(statusOf(paused)).toBe("paused");
    expect(pause(paused)).toBeNull();
    expect(advance(paused, { now: noon + minute })).toBeNull();
    const resumed = resume(paused, { now: noon + 22 * minute });
    expect(resumed).toEqual({ repeats: 7, pausedRepeats: null, nextRun: noon + 25 * minute });
    expect(resume(active, { now: noon })).toBeNull();
  });

  it("what passed during the pause is made up for where the resume says so, whatever it says of other times", () => {
    const paused: ScheduleState = { ...every5Minutes, repeats: 0, missed: "none" };
    const now = noon + 22 * minute;
    const slotsOf = (missed: Missed, at: number): (number | null)[] => {
      const going = { ...paused, ...resume(paused, { now, missed }) };
      return [...advances(going, { now: at })].map(({ slot }) => slot);
    };
    expect(slotsOf("all", now)).toEqual([0, 5, 10, 15, 20].map((after) => noon + after * minute));
    expect(slotsOf("one", now)).toEqual([noon + 20 * minute]);
    expect(slotsOf("none", now)).toEqual([]);
    // What comes after the resume is missed by its own rule.
    const caughtUp = { ...paused, ...resume(paused, { now, missed: "all" }), nextRun: noon + 25 * minute };
    expect([...advances(caughtUp, { now: noon + 37 * minute })].map(({ slot }) => slot)).toEqual([null]);
  });

  it("a schedule that was created paused goes on for ever", () => {
    expect(resume({ ...every5Minutes, repeats: 0 }, { now: noon - minute })).toEqual({
      repeats: -1,
      pausedRepeats: null,
      nextRun: noon,
    });
  });

  it("a once keeps its moment through the pause", () => {
    const once: ScheduleState = { ...every5Minutes, type: "once", repeats: 0 };
    expect(resume(once, { now: noon + 90 * minute })?.nextRun).toBe(noon);
  });

  it("finished is not paused", () => {
    const finished: ScheduleState = { ...every5Minutes, repeats: 0, nextRun: null };
    expect(statusOf(finished)).toBe("finished");
    expect(pause(finished)).toBeNull();
    expect(resume(finished, { now: noon })).toBeNull();
  });
});

// A cluster that lives from `started` to `now` and is always on time.
function live(
  schedule: ScheduleState,
  started: number,
  now: number,
): { slots: number[]; row: ScheduleState; removed: boolean } {
  let row = schedule;
  const slots: number[] = [];
  for (let time = started; time <= now; time = Math.max(time + 1, row.nextRun ?? Number.POSITIVE_INFINITY)) {
    for (const step of advances(row, { now: time })) {
      if (step.slot !== null) slots.push(step.slot);
      if (step.remove) return { slots, row, removed: true };
      row = { ...row, ...step.next };
    }
    if (row.nextRun === null || row.repeats === 0) break;
  }
  return { slots, row, removed: false };
}

function iso(moment: number | string): string {
  return new Date(moment).toISOString();
}
