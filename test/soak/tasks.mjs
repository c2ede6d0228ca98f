// The task functions of a soak, a kind each. Every attempt writes to the ledger when it starts and when it ends by itself.
import { setTimeout as sleep } from "node:timers/promises";

const forever = () => new Promise(() => {});

/** `enqueue` is the project's, for tasks that enqueue; `late` adds the function that earlier clusters do not know. */
export function makeTasks({ task, ledger, enqueue, late }) {
  const pid = process.pid;
  const sentinel = process.ppid; // now, because an orphan has another parent

  function soakTask(kind, options, run) {
    return task(`soak.${kind}`, options, async (input, context) => {
      const { id, attempt } = context;
      ledger.write("start", id, attempt, pid, sentinel);
      try {
        const result = await run(input, context);
        ledger.write("end", id, attempt);
        return result;
      } catch (error) {
        ledger.write(error?.name === "Snooze" ? "snooze" : "throw", id, attempt);
        throw error;
      }
    });
  }

  // Fails by an error that its own promise never sees.
  function failsOutside(kind, raise) {
    return soakTask(kind, { timeout: "20s" }, async (_input, { id, attempt }) => {
      if (attempt > 1) return;
      ledger.write("throw", id, attempt);
      raise(new Error(kind));
      await forever();
    });
  }

  async function sleepUnlessAborted(ms, { id, attempt, signal }) {
    try {
      await sleep(ms, undefined, { signal });
    } catch (error) {
      ledger.write("abort", id, attempt);
      throw error;
    }
  }

  const child = soakTask("child", {}, () => {});

  const tasks = [
    child,
    soakTask("noop", {}, () => {}),
    soakTask("nap", {}, (ms) => sleep(ms)),
    soakTask("sleep", {}, sleepUnlessAborted),
    soakTask("cpu", {}, (ms) => {
      for (const end = performance.now() + ms; performance.now() < end; );
    }),
    // First in the queue, because the spread of its retries is measured.
    soakTask("flaky", { priority: 1 }, (times, { attempt }) => {
      if (attempt <= times) throw new Error(`fails ${times} times`);
    }),
    soakTask("failing", { retry: { attempts: 3, delay: "200ms" } }, () => {
      throw new Error("always fails");
    }),
    soakTask("loop", { timeout: "1s", retry: { attempts: 2 } }, () => {
      for (;;);
    }),
    soakTask("deaf", { timeout: "1s", retry: { attempts: 2 } }, forever),
    soakTask("memory", { retry: { attempts: 2 } }, () => {
      for (const hoard = []; ; ) hoard.push(Array(1_000_000).fill(hoard.length));
    }),
    soakTask("poison", { retry: { attempts: 3 } }, () => {
      process.kill(pid, "SIGKILL");
      for (;;);
    }),
    soakTask("exit", {}, (_input, { attempt }) => {
      if (attempt === 1) process.exit(0);
    }),
    soakTask("abort", {}, (_input, { attempt }) => {
      if (attempt === 1) process.abort();
    }),
    failsOutside("uncaught", (error) => {
      setTimeout(() => {
        throw error;
      });
    }),
    failsOutside("rejection", (error) => void Promise.reject(error)),
    soakTask("parent", {}, async (childId) => {
      ledger.write("intent", childId, "child");
      await enqueue(child, undefined, { id: childId });
      ledger.write("acked", childId);
    }),
    soakTask("hook", { hook: "soak.hooked" }, () => {}),
    soakTask("hooked", {}, () => {}),
    soakTask("unique", {}, () => sleep(20)),
    soakTask("cancelled", {}, (_input, context) => sleepUnlessAborted(1_000, context)),
    soakTask("snoozed", {}, (_input, { attempt, snooze }) => {
      if (attempt === 1) snooze("200ms");
    }),
    soakTask("delayed", {}, () => {}),
    soakTask("slot", {}, () => {}),
    soakTask("odd", {}, () => {
      const circle = {};
      return Object.assign(circle, { circle });
    }),
  ];
  if (late) tasks.push(soakTask("unknown", {}, () => {}));
  return Object.fromEntries(tasks.map((one) => [one.taskName.slice("soak.".length), one]));
}
