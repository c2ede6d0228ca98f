// A transaction that stays open keeps PostgreSQL from removing what has come and gone since: what claims then read, counted in pages.
import pg from "pg";
import { expect, it } from "vitest";
import { openStore } from "../../src/store/open.ts";
import type { ClaimPlace, ClaimRequest } from "../../src/store/broker.ts";
import { claimBy, exampleTasks, succeeded } from "../../src/testing/store/examples.ts";
import { describeEngine } from "../servers/describe-engine.ts";
import { startPostgres, withParameters } from "../servers/postgres.ts";

/** Of a claim that is measured. */
const few = 10;
const many = 500;
const long = process.env.QUERN_TEST_LONG === "1";
const passed = long ? 100_000 : 20_000;
const rounds = 30;

await describeEngine("PostgreSQL", startPostgres, (url) => {
  const schema = `old_${process.pid}`;
  let last: ClaimPlace | undefined;

  async function ask(sql: string): Promise<Record<string, unknown> | undefined> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const [row] = (await client.query(sql)).rows as Record<string, unknown>[];
    await client.end();
    return row;
  }

  /** Pages of the queue's table and its indexes. A connection tells of what it read when it ends at the latest. */
  const pagesRead = async (): Promise<number> =>
    Number(
      (
        await ask(`SELECT heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read AS n
          FROM pg_statio_user_tables WHERE schemaname = '${schema}' AND relname = 'quern_queue'`)
      )?.["n"],
    );

  /** Claims and ends tasks; each claim asks from where `from` says. */
  async function work(
    count: number,
    slots: number,
    from: (last: ClaimPlace | undefined) => ClaimPlace | undefined,
  ): Promise<number> {
    const store = await openStore(withParameters(url, { schema }), {
      ...{ synchronous: "full" as const, tablePrefix: "quern_", migrate: true },
      clockOffsetMs: () => 0,
    });
    let took = 0;
    for (let done = 0; done < count; ) {
      const lanes: ClaimRequest["lanes"] = [{ queue: "default", limit: slots, after: from(last) }];
      const began = performance.now();
      const { tasks } = await store.claim(claimBy("owner", { lanes, slots, isolated: 0 }));
      took += performance.now() - began;
      expect(tasks.length).toBe(slots);
      last = tasks.at(-1);
      done += tasks.length;
      await store.finish(tasks.map((task) => succeeded(task)));
    }
    await store.close();
    return took / (count / slots);
  }

  async function enqueue(count: number): Promise<void> {
    const store = await openStore(withParameters(url, { schema }), {
      ...{ synchronous: "full" as const, tablePrefix: "quern_", migrate: true },
      clockOffsetMs: () => 0,
    });
    for (let sent = 0; sent < count; sent += 1_000)
      await store.enqueue(exampleTasks(Math.min(1_000, count - sent)));
    await store.close();
  }

  it("claims behind the last one read no more pages than before it was opened, and those from the beginning do", {
    timeout: 600_000,
  }, async () => {
    const behind = (last: ClaimPlace | undefined): ClaimPlace | undefined => last;
    const whole = (): undefined => undefined;
    const count = rounds * few;
    const measured = async (from: typeof behind): Promise<{ pages: number; ms: number }> => {
      await enqueue(count);
      const before = await pagesRead();
      const ms = await work(count, few, from);
      return { pages: (await pagesRead()) - before, ms };
    };
    await measured(behind);
    const base = await measured(behind);
    const old = new pg.Client({ connectionString: url });
    await old.connect();
    await old.query(`BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM ${schema}.quern_queue`);
    await enqueue(passed);
    await work(passed, many, behind);
    const later = await measured(behind);
    const laterWhole = await measured(whole);
    await old.end();
    if (long) console.log(JSON.stringify({ passed, base, later, laterWhole }));
    expect(later.pages).toBeLessThan(2 * base.pages);
    expect(laterWhole.pages, "else it would prove nothing").toBeGreaterThan(2 * base.pages);
  });
});
