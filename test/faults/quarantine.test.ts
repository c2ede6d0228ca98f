// F18: rows that somebody has changed, damaged or written without the secret. They are kept as they are, with the reason.
import { expect, test } from "vitest";
import { newId } from "../../dist/core/id.js";
import { systemClock } from "../../dist/core/clock.js";
import { type Bare, faultRun, type FaultRun, now, openBare } from "./harness.ts";
import { makeQuern, tasks } from "./tasks.mjs";

const otherBit = (text: string, at: number): string => {
  const other = text[at] === "A" ? "B" : "A";
  return text.slice(0, at) + other + text.slice(at + 1);
};

type Damage = (database: Bare, id: string, envelope: string, other: string) => void;

const write =
  (change: (envelope: string, other: string) => string): Damage =>
  (database, id, envelope, other) => {
    database.prepare("UPDATE quern_queue SET envelope = ? WHERE id = ?").run(change(envelope, other), id);
  };

const damages: Record<string, [Damage, RegExp]> = {
  garbage: [write(() => "\u0000 no envelope '; DROP TABLE quern_task; --"), /QUERN_BAD_ENVELOPE/],
  empty: [write(() => ""), /QUERN_BAD_ENVELOPE/],
  "cut off in its head": [write((text) => text.slice(0, 30)), /QUERN_BAD_ENVELOPE/],
  "cut off in its body": [write((text) => text.slice(0, -1)), /QUERN_BAD_SIGNATURE/],
  "another bit in the body": [write((text) => otherBit(text, text.length - 2)), /QUERN_BAD_SIGNATURE/],
  "another bit in the signature": [write((text) => otherBit(text, 20)), /QUERN_BAD_SIGNATURE/],
  "a version to come": [write((text) => text.replace(/^q1/, "q9")), /QUERN_BAD_ENVELOPE.*version/],
  "an unknown key": [write((text) => text.replace(/^q1\.\w{8}/, "q1.00000000")), /QUERN_UNKNOWN_KEY/],
  "the envelope of another": [write((_text, other) => other), /QUERN_BAD_SIGNATURE/],
  "another func": [
    (database, id) => database.prepare("UPDATE quern_queue SET func = 'fault.poison' WHERE id = ?").run(id),
    /QUERN_BAD_SIGNATURE/,
  ],
  "another queue": [
    (database, id) => database.prepare("UPDATE quern_queue SET queue = 'other' WHERE id = ?").run(id),
    /QUERN_BAD_SIGNATURE/,
  ],
};

async function inject(run: FaultRun, input: string): Promise<string> {
  const id = newId(systemClock);
  run.say("injected", id);
  await run.quern.enqueue(tasks["noop"] as never, input as never, { id });
  return id;
}

test("what can't be read or was not signed rightly is kept byte for byte with its reason, and not run", {
  timeout: 60_000,
}, async () => {
  await faultRun({ workers: 1 }, async (run) => {
    const cluster = await run.start();
    await run.quern.queues.pause("default");
    const database = await openBare(run.path, { timeout: 5_000 });
    const rowOf = (table: string, id: string): Record<string, string> => {
      return (
        (
          database.prepare(`SELECT * FROM ${table} WHERE id = '${id}'`).all() as Record<string, string>[]
        )[0] ?? {}
      );
    };
    const other = await inject(run, "of the other");
    const damaged = new Map<string, string>();
    for (const [name, [damage]] of Object.entries(damages)) {
      const id = await inject(run, `an input (${name})`);
      damage(
        database,
        id,
        rowOf("quern_queue", id)["envelope"] as string,
        rowOf("quern_queue", other)["envelope"] as string,
      );
      damaged.set(name, id);
    }
    database.prepare("UPDATE quern_queue SET envelope = 'x' WHERE id = ?").run(other);
    const before = new Map([...damaged.values()].map((id) => [id, rowOf("quern_queue", id)]));

    await run.quern.queues.resume("default");
    const next = await run.enqueue("noop");
    const queued = now();
    expect((await run.line("start", next.id)).at - queued).toBeLessThan(1_000);
    await run.ended(next.id);
    for (const [name, id] of damaged) {
      const task = await run.ended(id, 2_000);
      expect(task, name).toMatchObject({ success: false, outcome: "quarantined", attempt: 1 });
      expect(task.error?.message, name).toMatch((damages[name] as [Damage, RegExp])[1]);
      for (const column of ["envelope", "func", "queue", "name"])
        expect(rowOf("quern_task", id)[column], name).toBe(before.get(id)?.[column]);
      expect(task.unreadable, name).not.toBeNull();
      await expect(run.quern.tasks.resubmit(id), name).rejects.toThrow("QUERN_NOT_RESUBMITTABLE");
    }
    database.close();
    expect(run.workersOf(cluster)).toHaveLength(1);
  });
});

test("a task of an unknown key runs when it is resubmitted by who has the key", async () => {
  const mine = "a secret of this application";
  const former = "the secret it had before that";
  await faultRun({ workers: 1, secret: mine }, async (run) => {
    await run.start();
    const old = makeQuern(run.folder, { secret: former });
    const { id } = await old.enqueue(tasks["slowFirst"] as never, 0 as never);
    await old.close();
    expect((await run.ended(id)).error?.message).toMatch(/QUERN_UNKNOWN_KEY/);
    await expect(run.quern.tasks.resubmit(id)).rejects.toThrow("QUERN_NOT_RESUBMITTABLE");
    const both = makeQuern(run.folder, { secret: `${mine},${former}` });
    const again = await both.tasks.resubmit(id);
    await both.close();
    run.say("intent", again.id, "noop");
    run.say("acked", again.id);
    expect(await run.ended(again.id)).toMatchObject({ success: true, result: 1 });
    expect(await run.quern.tasks.get(id)).toBeNull();
  });
});
