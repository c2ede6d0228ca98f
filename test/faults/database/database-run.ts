// What the fault tests of a database server share: runs on it, what its clusters say meanwhile, and that nothing was charged for it.
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { withParameters } from "../../servers/postgres.ts";
import type { FailingPostgres, HowToEnd } from "../../servers/failing-postgres.ts";
import { type ClusterProcess, faultRun, type FaultRun, type Line, now } from "../harness.ts";
import type { Settings } from "../tasks.mjs";

let schemas = 0;

export interface DatabaseRun {
  run: FaultRun;
  schema: string;
}

/** Its URL, with tables that nobody has yet. */
export function emptyIn({ url }: FailingPostgres): { database: string; schema: string } {
  const schema = `fault_${process.pid}_${++schemas}`;
  return { database: withParameters(url, { schema }), schema };
}

/** A run with tables of its own. With `through` its clusters reach the server by that address, the test itself always directly. */
export async function databaseRun(
  server: FailingPostgres,
  settings: Settings,
  work: (
    run: FaultRun,
    through: (url: string) => { settings: Settings },
    released: () => Promise<number>,
  ) => Promise<void>,
): Promise<void> {
  const { database, schema } = emptyIn(server);
  const released = async (): Promise<number> =>
    (await server.ask(`SELECT 1 FROM ${schema}.quern_attempt WHERE outcome = 'released'`)).length;
  await faultRun({ ...settings, database }, async (run) => {
    run.say("run", "slack", 3);
    await work(run, (url) => ({ settings: { database: withParameters(url, { schema }) } }), released);
    const charged = await server.ask(
      `SELECT id, attempt, uncounted, crashes FROM ${schema}.quern_task WHERE attempt - uncounted <> 1`,
    );
    expect(charged, "tasks that paid for it with an attempt").toEqual([]);
  });
}

/** The server is away while `meanwhile` goes on, and that is on record. */
export async function away(
  run: FaultRun,
  server: FailingPostgres,
  how: HowToEnd,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<void> {
  await onRecord(run, how, () => server.away(how, meanwhile));
}

/** What `work` does to the way to the database explains claims whose answers were lost. */
export async function onRecord(run: FaultRun, what: string, work: () => Promise<void>): Promise<void> {
  run.say("fault", `server-${what}`, 0, "-");
  try {
    await work();
  } finally {
    run.say("fault-end", `server-${what}`, 0);
  }
}

export function linesOf({ log }: ClusterProcess): string[] {
  return readFileSync(log, "utf8").split("\n").filter(Boolean);
}

/** The first attempt that begins after the moment; its milliseconds since then. */
export async function resumedAfter(run: FaultRun, since: number, withinMs: number): Promise<number> {
  const after = ({ at }: Line): boolean => at > since;
  const { at } = await run.until("work goes on", withinMs, () => run.lines("start").find(after));
  return at - since;
}

/** Resolves when so many more attempts have ended than now. */
export async function moreEnds(run: FaultRun, count: number, withinMs = 20_000): Promise<void> {
  const before = run.lines("end").length;
  await run.until(`${count} more ends`, withinMs, () => run.lines("end").length >= before + count);
}

export async function drained(run: FaultRun, withinMs = 30_000): Promise<void> {
  await run.until("all have run", withinMs, async () => (await run.quern.queues.list()).length === 0);
}

export { now };
