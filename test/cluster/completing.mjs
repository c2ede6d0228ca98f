// The project module of the tests of completeIn: each task leaves an effect in a transaction and ends in it, one way or another.
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { Quern, task } from "../../dist/index.js";
import { loadSqlite } from "../../dist/store/sqlite/sqlite-driver.js";

const { COMPLETING_DATABASE: database = "" } = process.env;
const url = new URL(database);
const schema = url.searchParams.get("schema");
const { DatabaseSync } = await loadSqlite();

/** An application's connection: what it passes as `tx`, and statements with their values in place. */
export async function connect() {
  if (schema === null) {
    const handle = new DatabaseSync(url.pathname, { timeout: 5_000 });
    return { tx: handle, run: async (sql) => handle.prepare(sql).all(), close: () => handle.close() };
  }
  const client = new pg.Client({ connectionString: database, options: `-c search_path=${schema}` });
  await client.connect();
  return { tx: client, run: async (sql) => (await client.query(sql)).rows, close: () => client.end() };
}

async function connected(work) {
  const connection = await connect();
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

const begin = schema === null ? "BEGIN IMMEDIATE" : "BEGIN";
const note = (text) => connected(({ run }) => run(`INSERT INTO notes VALUES ('${text}')`));
export const notes = () =>
  connected(async ({ run }) => (await run("SELECT what FROM notes")).map(({ what }) => what));

/** The effect and, with `end`, the end of the task; then `last`, still inside. */
function effect({ id, attempt }, end, last = async () => undefined) {
  return connected(async ({ tx, run }) => {
    await run(begin);
    try {
      await run(`INSERT INTO effects VALUES ('${id}', ${attempt})`);
      await end(tx);
      await last();
      await run("COMMIT");
    } catch (error) {
      await run("ROLLBACK");
      throw error;
    }
  });
}

const told = (id, error) => note(`${id} ${error.code ?? error.message}`);
const retry = { attempts: 3, delay: 1 };

const completes = (context) => effect(context, (tx) => context.completeIn(tx, { attempt: context.attempt }));
const only = (first) => async (input, context) =>
  context.attempt === 1 ? first(input, context) : completes(context);

export const tasks = {
  commits: task("commits", { retry, hook: "hook" }, async (_, context) => {
    context.log("before");
    context.progress(0.5, "half");
    await completes(context);
    context.log("after");
    return "what it returns";
  }),
  rollsBack: task(
    "rollsBack",
    { retry, hook: "hook" },
    only((_, context) =>
      effect(
        context,
        (tx) => context.completeIn(tx),
        () => Promise.reject(new Error("never mind")),
      ),
    ),
  ),
  swallows: task("swallows", { retry }, async (_, context) => {
    const gone = effect(
      context,
      (tx) => context.completeIn(tx, "what it completed with"),
      () => Promise.reject(new Error("never mind")),
    );
    return gone.catch(() => "what it returns");
  }),
  throwsAfter: task("throwsAfter", { retry }, async (_, context) => {
    await completes(context);
    throw new Error("too late");
  }),
  twice: task("twice", { retry }, async (_, context) => {
    await completes(context);
    await completes(context).catch((error) => told(context.id, error));
  }),
  odd: task("odd", { retry }, (_, context) => effect(context, (tx) => context.completeIn(tx, () => {}))),
  outside: task("outside", { retry: false }, (_, context) => connected(({ tx }) => context.completeIn(tx))),
  robbed: task(
    "robbed",
    { retry },
    only(async (_, context) => {
      await note(`${context.id} waits`);
      while (!(await notes()).includes(`${context.id} go`)) await pause(10);
      await completes(context).catch(async (error) => {
        await told(context.id, error);
        throw error;
      });
    }),
  ),
  lingers: task("lingers", { retry }, async (ms, context) => {
    await completes(context);
    await pause(ms);
    await note(`${context.id} ${context.signal.aborted ? "was aborted" : "was left alone"}`);
  }),
  dies: task(
    "dies",
    { retry },
    only((_, context) =>
      effect(
        context,
        (tx) => context.completeIn(tx),
        () => process.kill(process.pid, "SIGKILL"),
      ),
    ),
  ),
  diesAfter: task("diesAfter", { retry }, async (_, context) => {
    await completes(context);
    process.kill(process.pid, "SIGKILL");
    await pause(60_000);
  }),
  hook: task("hook", ({ id, success, result }) => note(`${id} ${success} ${JSON.stringify(result)}`)),
};

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const quern = new Quern({
  tasks: Object.values(tasks),
  database,
  workers: Number(process.env.COMPLETING_WORKERS),
  lease: "900ms",
  renew: "300ms",
  stopGrace: "1s",
  killGrace: "200ms",
  logger: silent,
});
quern.on("task:succeeded", ({ id, func }) => (func === "hook" ? undefined : note(`${id} told`)));

export default quern;
