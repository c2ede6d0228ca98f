// Options: their defaults, who goes over whom, and that each wrong one fails with its name.
import { describe, expect, it } from "vitest";
import {
  type CallOptions,
  checkTaskOptions,
  type QuernOptions,
  resolveCall,
  resolveQuernOptions,
  resolveTask,
  type TaskOptions,
} from "../../src/core/options.ts";

const tasks: QuernOptions["tasks"] = [{ taskName: "mail.welcome" }];
const quern = resolveQuernOptions({ tasks }, {});
const logger = { debug() {}, info() {}, warn() {}, error() {} };

// Every option there is: the type makes this list whole, the test below that each is known.
const everything: Required<QuernOptions> = {
  tasks,
  database: "memory:",
  secret: "sixteen characters",
  name: "shop",
  queues: { long: { concurrency: 2, timeout: false, retry: 2 } },
  workers: 0,
  concurrency: 3,
  recycle: 500,
  maxRss: "1.5GB",
  lease: "30s",
  renew: "10s",
  stopGrace: 0,
  killGrace: "1s",
  maxCrashes: 1,
  saveLimit: -1,
  saveLimitPer: "func",
  failureRetention: "90d",
  timeout: "1m",
  retry: { attempts: 2, retryIf: () => true },
  priority: -5,
  schedules: [{ scheduleName: "digest" }],
  timeZone: "Europe/Amsterdam",
  sync: true,
  compress: true,
  synchronous: "normal",
  tablePrefix: "",
  migrate: false,
  maxBytes: 5_000,
  maxDepth: 10,
  logger,
  onError: () => {},
  execArgv: ["--inspect"],
  clockOffsetMs: -1_000,
};

describe("new Quern", () => {
  it("needs only its task functions", () => {
    expect(quern).toMatchObject({
      database: "sqlite:quern.db",
      concurrency: 10,
      leaseMs: 15_000,
      renewMs: 5_000,
      stopGraceMs: 25_000,
      killGraceMs: 3_000,
      maxCrashes: 3,
      saveLimit: 10_000,
      failureRetentionMs: null,
      timeoutMs: 900_000,
      retry: {
        attempts: 5,
        backoff: "exponential",
        delayMs: 2_000,
        factor: 4,
        maxDelayMs: 3_600_000,
        jitter: true,
      },
      synchronous: "full",
      tablePrefix: "quern_",
      migrate: true,
      maxBytes: 1_048_576,
      maxDepth: 100,
    });
    expect(quern.workers).toBeUndefined();
    expect(quern.secret).toBeUndefined();
  });

  it("takes every option there is", () => {
    expect(resolveQuernOptions(everything, {})).toMatchObject({
      workers: 0,
      maxRssBytes: 1.5 * 1024 ** 3,
      leaseMs: 30_000,
      stopGraceMs: 0,
      failureRetentionMs: 90 * 86_400_000,
      retry: { attempts: 2, delayMs: 2_000 },
      retryIf: expect.any(Function),
      tablePrefix: "",
      queues: { long: { concurrency: 2 } },
      clockOffsetMs: -1_000,
    });
  });

  it("reads the environment where the code says nothing", () => {
    const env = {
      QUERN_DATABASE: "postgres://u:p@h/db",
      QUERN_SECRET: "1234567890123456",
      QUERN_NAME: "007",
      QUERN_CONCURRENCY: "4",
      QUERN_STOP_GRACE: "8s",
      QUERN_TIMEOUT: "false",
      QUERN_RETRY: "3",
      QUERN_SYNC: "true",
      QUERN_TIME_ZONE: "Asia/Kolkata",
      QUERN_SAVE_LIMIT: "-1",
      QUERN_LEASE: "",
      QUERN_TASKS: "evil",
      PATH: "/bin",
    };
    expect(resolveQuernOptions({ tasks, concurrency: 2 }, env)).toMatchObject({
      tasks,
      database: "postgres://u:p@h/db",
      secret: "1234567890123456",
      name: "007",
      concurrency: 2,
      stopGraceMs: 8_000,
      timeoutMs: null,
      retry: { attempts: 3 },
      sync: true,
      timeZone: "Asia/Kolkata",
      saveLimit: -1,
      leaseMs: 15_000,
    });
  });

  it("names the variable when the environment is wrong", () => {
    expect(() => resolveQuernOptions({ tasks }, { QUERN_CONCURRENCY: "ten" })).toThrow(
      'expected concurrency to be a whole number from 1 to 10000, got "ten". ' +
        "Set it in the environment variable QUERN_CONCURRENCY.",
    );
  });

  it("refuses a lease that is not renewed three times in its life", () => {
    expect(() => resolveQuernOptions({ tasks, lease: "11m", renew: "1m" }, {})).toThrow("at most 10");
    expect(() => resolveQuernOptions({ tasks, lease: "10s", renew: "4s" }, {})).toThrow(
      "QUERN_BAD_OPTION: expected lease to be at least three times renew (4.0 s), got 10000.",
    );
    expect(() => resolveQuernOptions({ tasks, renew: "6s" }, {})).toThrow("expected lease to be");
  });

  it("says which option was meant, before it misses one", () => {
    expect(() => resolveQuernOptions({ task: tasks } as never, {})).toThrow(
      'QUERN_UNKNOWN_OPTION: new Quern has no option "task". Did you mean "tasks"?',
    );
  });

  it.each<[string, Record<string, unknown>]>([
    ["tasks", { tasks: undefined }],
    ["tasks[0]", { tasks: [() => 1] }],
    ["tasks[1]", { tasks: [...tasks, null] }],
    ["database", { database: "" }],
    ["secret", { secret: "short" }],
    ["secret", { secret: 7 }],
    ["name", { name: "a\nb" }],
    ["queues", { queues: [] }],
    ["queues.long.concurrency", { queues: { long: { concurrency: 0 } } }],
    ["queues.long.retry.delay", { queues: { long: { retry: { delay: "soon" } } } }],
    ["the name of a queue in queues", { queues: { "": {} } }],
    ["the options of queues.long", { queues: { long: null } }],
    ["workers", { workers: -1 }],
    ["concurrency", { concurrency: 0 }],
    ["recycle", { recycle: 0.5 }],
    ["maxRss", { maxRss: "512 MB" }],
    ["lease", { lease: "15" }],
    ["renew", { renew: 0 }],
    ["stopGrace", { stopGrace: -1 }],
    ["maxCrashes", { maxCrashes: 0 }],
    ["saveLimit", { saveLimit: -2 }],
    ["saveLimitPer", { saveLimitPer: "queue" }],
    ["failureRetention", { failureRetention: true }],
    ["timeout", { timeout: 0 }],
    ["retry", { retry: true }],
    ["retry", { retry: null }],
    ["retry", { retry: 0 }],
    ["retry.attempts", { retry: { attempts: 0 } }],
    ["retry.backoff", { retry: { backoff: "quadratic" } }],
    ["retry.factor", { retry: { factor: 0.5 } }],
    ["retry.jitter", { retry: { jitter: "full" } }],
    ["retry.delay", { retry: { delay: "2h", max: "1h" } }],
    ["retry.retryIf", { retry: { retryIf: "always" } }],
    ["priority", { priority: 2 ** 31 }],
    ["schedules", { schedules: {} }],
    ["schedules[0]", { schedules: ["digest"] }],
    ["timeZone", { timeZone: "Amsterdam" }],
    ["timeZone", { timeZone: "+02:00" }],
    ["sync", { sync: "yes" }],
    ["synchronous", { synchronous: "off" }],
    ["tablePrefix", { tablePrefix: 'q"; drop' }],
    ["maxDepth", { maxDepth: 501 }],
    ["logger.debug", { logger: {} }],
    ["onError", { onError: "log" }],
    ["execArgv", { execArgv: "--inspect" }],
  ])("refuses a wrong %s by name", (field, wrong) => {
    const given = { tasks, ...wrong } as QuernOptions;
    expect(() => resolveQuernOptions(given, {})).toThrow(
      expect.objectContaining({ code: "QUERN_BAD_OPTION", details: expect.objectContaining({ field }) }),
    );
  });

  it.each([[undefined], [null], [[]], ["sqlite:a.db"]])("refuses %j for its options", (given) => {
    expect(() => resolveQuernOptions(given as never, {})).toThrow(
      "expected the options of new Quern to be an object",
    );
  });

  it("shows neither a secret nor a URL that may hold a password", () => {
    expect(() => resolveQuernOptions({ tasks, secret: "hunter2" }, {})).not.toThrow("hunter2");
    expect(() => resolveQuernOptions({ tasks, database: `x${"hunter2".repeat(1_000)}` }, {})).not.toThrow(
      "hunter2",
    );
  });

  it.each([
    ["", '""'],
    [7, "7"],
    [{ url: "hunter2" }, "an object"],
  ])("says what came for a database that is no text, or an empty one: %j", (database, given) => {
    expect(() => resolveQuernOptions({ tasks, database: database as string }, {})).toThrow(
      `"sqlite:quern.db", got ${given}. Set it`,
    );
  });
});

describe("task()", () => {
  it("takes every option there is, and a schema beside them", () => {
    const all: Required<TaskOptions> & { input: unknown } = {
      input: {},
      queue: "long",
      group: "signup",
      name: "hello",
      priority: 5,
      timeout: false,
      retry: {
        attempts: 1,
        backoff: "fixed",
        delay: 0,
        factor: 1,
        max: "2d",
        jitter: false,
        retryIf: () => false,
      },
      save: false,
      unique: { key: "a", within: "1h" },
      hook: { taskName: "mail.done" },
      isolate: true,
      tags: ["a"],
      ackFailures: true,
    };
    expect(() => checkTaskOptions("mail.welcome", all)).not.toThrow();
  });

  it("says which option was meant", () => {
    expect(() => checkTaskOptions("mail.welcome", { retries: 3 } as never)).toThrow(
      'QUERN_UNKNOWN_OPTION: mail.welcome has no option "retries". Did you mean "retry"? docs/options.md lists',
    );
  });

  it.each<[string, Record<string, unknown>]>([
    ["queue", { queue: "" }],
    ["group", { group: "x".repeat(256) }],
    ["timeout", { timeout: "soon" }],
    ["unique", { unique: 7 }],
    ["unique.within", { unique: { within: 0 } }],
    ["hook", { hook: () => 1 }],
    ["tags", { tags: "a" }],
    ["tags[1]", { tags: ["a", ""] }],
    ["isolate", { isolate: 1 }],
  ])("refuses a wrong %s and says where it stands", (field, wrong) => {
    expect(() => checkTaskOptions("mail.welcome", wrong as TaskOptions)).toThrow(
      `Set it in task("mail.welcome", { ${field.split(/[.[]/)[0]} }).`,
    );
  });
});

describe("one call", () => {
  const app = resolveQuernOptions(
    {
      tasks,
      timeout: "10m",
      priority: 1,
      retry: { attempts: 7, delay: "1s" },
      queues: { long: { timeout: "6h", retry: { backoff: "fixed" } } },
    },
    {},
  );

  it("goes over its task function, that over its queue, that over the application", () => {
    const task: TaskOptions = { queue: "long", retry: { attempts: 3 }, tags: ["t"], priority: 2 };
    expect(resolveCall({ retry: { delay: "9s" }, group: "g" }, task, app)).toMatchObject({
      queue: "long",
      group: "g",
      tags: ["t"],
      priority: 2,
      options: { timeoutMs: 21_600_000, attempts: 3, backoff: "fixed", delayMs: 9_000, factor: 4 },
    });
    expect(resolveCall({ queue: "default", timeout: false }, task, app).options).toMatchObject({
      timeoutMs: null,
      attempts: 3,
      backoff: "exponential",
      delayMs: 1_000,
    });
  });

  it("without options of its own costs nothing new", () => {
    const task: TaskOptions = { timeout: "5s" };
    expect(resolveCall(undefined, task, app)).toBe(resolveTask(task, app));
    const grouped = resolveCall({ group: "g", delay: "5m" }, task, app);
    expect(grouped.options).toBe(resolveTask(task, app).options);
    expect(grouped.optionsText).toBe(JSON.stringify(grouped.options));
    expect(grouped.delayMs).toBe(300_000);
    expect(resolveTask(task, quern).options).not.toBe(grouped.options);
  });

  it("sends no retry that waits longer than it may, but a longer first wait moves the limit", () => {
    expect(resolveCall({ retry: { delay: "2h" } }, {}, app).options).toMatchObject({
      delayMs: 7_200_000,
      maxDelayMs: 7_200_000,
    });
  });

  it.each<[CallOptions["retry"], number]>([
    [3, 3],
    [false, 1],
    [{ attempts: 4 }, 4],
    [undefined, 7],
  ])("with retry %j has %d attempts", (retry, attempts) => {
    expect(resolveCall({ retry }, {}, app).options.attempts).toBe(attempts);
  });

  it.each<[CallOptions["unique"], unknown]>([
    [false, undefined],
    [true, { key: true }],
    ["k", { key: "k" }],
    [
      { key: "k", within: "1h" },
      { key: "k", withinMs: 3_600_000 },
    ],
    [{ within: "1s" }, { key: true, withinMs: 1_000 }],
  ])("with unique %j is held to %j", (unique, resolved) => {
    expect(resolveCall({ unique }, { unique: "other" }, app).unique).toEqual(resolved);
  });

  it("names its hook, whether the name or the task function was given", () => {
    expect(resolveCall({ hook: "mail.done" }, {}, app).options.hook).toBe("mail.done");
    expect(resolveCall(undefined, { hook: { taskName: "mail.done" } }, app).options.hook).toBe("mail.done");
    expect("hook" in resolveCall(undefined, {}, app).options).toBe(false);
  });

  it.each<[string, Record<string, unknown>]>([
    ["id", { id: "7" }],
    ["delay", { delay: "soon" }],
    ["runAt", { runAt: new Date(Number.NaN) }],
    ["runAt", { runAt: "2024-01-01" }],
    ["runAt", { runAt: new Date(), delay: "1s" }],
    ["retry.retryIf", { retry: { retryIf: () => true } }],
    ["tags[0]", { tags: [7] }],
  ])("refuses a wrong %s by name", (field, wrong) => {
    expect(() => resolveCall(wrong as CallOptions, {}, app, "mail.welcome")).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ field }) }),
    );
  });

  it("says which option was meant", () => {
    expect(() => resolveCall({ grp: "a" } as never, {}, app, "mail.welcome")).toThrow(
      'enqueue of mail.welcome has no option "grp". Did you mean "group"?',
    );
  });

  it("can be made in the caller's transaction, at a moment, with an id", () => {
    const runAt = new Date(5_000);
    const id = "01890000-0000-7000-8000-000000000000";
    const tx = { query: () => Promise.reject(new Error("nobody asks it")), escapeIdentifier: String };
    expect(resolveCall({ id, runAt, tx }, {}, app).runAt).toBe(5_000);
  });
});
