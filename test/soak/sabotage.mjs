// Known ways to break a queue, as patches to a copy of the build: a soak that stays green under one of them proves nothing.
// Not here yet: a chain's next task in a transaction of its own; the product has none.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { HarnessError } from "./history.mjs";

const record = "INSERT INTO ${tables.attempt} (id, attempt, owner,";
const fence = "q.id = e.id AND q.attempt = e.attempt AND q.owner = e.owner";
const unfenced = "q.id = e.id";
const fenceAsked = "q.id = f.of_id AND q.attempt = f.of_attempt AND q.owner = f.of_owner";
const unfencedAsked = "q.id = f.of_id";

/** Each text to find stands exactly once in its file, or there is no verdict: so the table can't rot. `breaks`: one of these. */
export const sabotages = {
  "no-fence": {
    breaks: ["I4", "I5", "I6"],
    patches: [
      ["store/sql/finish-sql.js", record, record.replace("INSERT", "INSERT OR REPLACE")],
      ["store/sql/finish-sql.js", fence, unfenced],
      ["store/sql/finish-sql.js", fenceAsked, unfencedAsked],
    ],
  },
  "acknowledged-first": {
    breaks: ["I1"],
    patches: [
      [
        "cluster/worker/worker.js",
        "const report = await runAttempt(",
        `this.#report(running, { outcome: "success", started: began, stopped: began, result: null, error: null, retry: true, snoozeMs: null, unknown: false });
        const report = await runAttempt(`,
      ],
    ],
  },
  "no-reaper": {
    breaks: ["I1", "I9"],
    patches: [["cluster/reaper.js", "if (await this.#clocksAreOdd(late))", "if (true)"]],
  },
  "taken-off-when-claimed": {
    breaks: ["I1"],
    patches: [
      [
        "store/sql/claim-sql.js",
        "return rows.map((row) => claimedTask(row, queue, request.owner)).sort(inLaneOrder);",
        `await sql.run("CREATE TEMP TABLE IF NOT EXISTS taken AS SELECT * FROM main.quern_queue WHERE 0");
    await sql.run("INSERT INTO taken SELECT * FROM main.quern_queue WHERE state = 'leased' AND owner = ?", [request.owner]);
    await sql.run("DELETE FROM main.quern_queue WHERE state = 'leased' AND owner = ?", [request.owner]);
    return rows.map((row) => claimedTask(row, queue, request.owner)).sort(inLaneOrder);`,
      ],
      [
        "store/sql/claim-sql.js",
        "async function extendLeases(scope, leases, leaseMs) {",
        "async function extendLeases(scope, leases, leaseMs) {\n    return { lost: [], cancelled: [] };",
      ],
      [
        "store/sql/finish-sql.js",
        "async function finishGroup(scope, endings) {",
        `async function finishGroup(scope, endings) {
    for (const { id } of endings) {
      await scope.sql.run("CREATE TEMP TABLE IF NOT EXISTS taken AS SELECT * FROM main.quern_queue WHERE 0");
      await scope.sql.run("INSERT INTO main.quern_queue SELECT * FROM taken WHERE id = ?", [id]);
      await scope.sql.run("DELETE FROM taken WHERE id = ?", [id]);
    }`,
      ],
    ],
  },
  "save-errors-swallowed": {
    breaks: ["I1", "I4"],
    patches: [
      [
        "cluster/round/exchange.js",
        "const endings = monitor.take();\n        const request",
        `const endings = monitor.take();
        if (endings.length > 0 && Math.random() < 0.02) {
            monitor.settle(endings.map(() => "lost"));
            return 0;
        }
        const request`,
      ],
    ],
  },
  "no-jitter": {
    breaks: ["I9"],
    patches: [["core/retry.js", "policy.jitter ? delay * random() : delay", "delay"]],
  },
  "slots-not-unique": {
    breaks: ["I8"],
    patches: [
      [
        "store/sql/schedule-sql.js",
        "AND s.version = f.read_version AND s.repeats = f.read_repeats\n       AND s.next_run IS NOT DISTINCT FROM f.read_next",
        "",
      ],
      [
        "store/sql/run-sql.js",
        "WHERE ${later} IS NULL\n     ON CONFLICT (schedule, revision, slot) DO NOTHING",
        "WHERE 1 = 1 ON CONFLICT (schedule, revision, slot) DO UPDATE SET task = excluded.task",
      ],
    ],
  },
  "renewal-asks-the-worker": {
    breaks: ["I4"],
    patches: [
      [
        "cluster/lease-keeper.js",
        "[...attempts].map(fenceOf)",
        "[...attempts].filter(({ worker }) => worker === null || Date.now() - (worker.heardAt ?? 0) < 1_000).map(fenceOf)",
      ],
      [
        "cluster/worker/main.js",
        "worker.ready();",
        'worker.ready();\n    setInterval(() => send({ kind: "pong" }), 200).unref();',
      ],
      [
        "cluster/sentinel.js",
        "#heard(worker, message) {",
        "#heard(worker, message) {\n        worker.heardAt = Date.now();",
      ],
    ],
  },
  "release-without-fence": {
    breaks: ["I4", "I5", "I6"],
    patches: [
      ["cluster/round/monitor.js", 'if (attempt.aborted === "lease-lost")', "if (false)"],
      ["store/sql/finish-sql.js", record, record.replace("INSERT", "INSERT OR REPLACE")],
      [
        "store/sql/finish-sql.js",
        fence,
        `${unfenced} AND (e.outcome IN ('crashed', 'released') OR q.attempt = e.attempt AND q.owner = e.owner)`,
      ],
      ["store/sql/finish-sql.js", fenceAsked, unfencedAsked],
    ],
  },
};

/** A copy of the package with the patches applied; `remove` when done. */
export function sabotaged(dist, name) {
  const folder = mkdtempSync(join(tmpdir(), "quern-sabotage-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, "dist");
    cpSync(dist, copy, { recursive: true });
    const home = dirname(dist);
    cpSync(join(home, "package.json"), join(folder, "package.json"));
    symlinkSync(join(home, "node_modules"), join(folder, "node_modules"));
    for (const patch of sabotages[name].patches) apply(copy, patch);
    return { dist: copy, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function apply(dist, [file, find, replace]) {
  const path = join(dist, file);
  const parts = readFileSync(path, "utf8").split(find);
  if (parts.length !== 2) {
    throw new HarnessError(`expected once in ${file}, found ${parts.length - 1} times: ${find}`);
  }
  writeFileSync(path, parts.join(replace));
}
