// Runs what is ready in this process, until nothing is: sync mode, and tests of applications.
import { openCall } from "../core/envelope.ts";
import { newId } from "../core/id.ts";
import type { ClaimedTask } from "../core/task.ts";
import type { Client, Opened } from "./client.ts";
import { completeIn } from "./complete-in.ts";
import { Stop } from "./context.ts";
import { endingOf } from "./ending.ts";
import { unreadable } from "./quarantine.ts";
import { type AttemptVoice, type OwnReport, runAttempt } from "./run-attempt.ts";

// Long, because nobody renews it: the process that would is the one that runs the task.
const leaseMs = 3_600_000;

/** Runs every ready task of these queues (all without), one after another, each with its timeout. Answers how many attempts it ran. */
export async function drain(client: Client, queues?: readonly string[]): Promise<number> {
  const opened = await client.open();
  const owner = newId(client.clock);
  for (let ran = 0; ; ran++) {
    const names = queues ?? (await opened.store.queueNames());
    const lanes = names.map((queue) => ({ queue, limit: 1 }));
    const request = { owner, leaseMs, lanes, slots: 1, isolated: 0 };
    let [task] = (await opened.store.claim(request)).tasks;
    task ??= (await opened.store.claim({ ...request, slots: 0, isolated: 1 })).tasks[0];
    if (task === undefined) return ran;
    await runHere(client, opened, task);
  }
}

async function runHere(client: Client, opened: Opened, task: ClaimedTask): Promise<void> {
  const { clock, registry, options } = client;
  const lines: [number, string][] = [];
  let progress: string | null = null;
  const worker = `${process.pid}`;
  const logText = (): string | null => (lines.length === 0 ? null : JSON.stringify({ lines, leftOut: 0 }));
  const voice: AttemptVoice = {
    started: () => {},
    log: (message) => lines.push([clock.now(), message]),
    progress: (value, note) => {
      progress = JSON.stringify({ value, note });
    },
    completeIn: (tx, result, started) =>
      completeIn(client, task, tx, { worker, started, result, log: logText(), progress }),
  };
  const finish = async (call: ReturnType<typeof openCall> | null, own: OwnReport): Promise<void> => {
    const report = { ...own, worker, log: logText(), progress };
    await opened.store.finish([endingOf(client, opened, task, call?.options ?? null, report)]);
  };

  let call: ReturnType<typeof openCall>;
  try {
    call = openCall(task.envelope, task, opened.keyring);
  } catch (error) {
    return finish(null, unreadable(error, clock));
  }
  const stop = new Stop();
  const { timeoutMs } = call.options;
  const timer = timeoutMs === null ? undefined : clock.after(timeoutMs, () => stop.fire("timeout"));
  const runsWith = {
    registry,
    clock,
    limits: options,
    ...(options.retryIf === undefined ? {} : { retryIf: options.retryIf }),
  };
  const own = await runAttempt({ ...task, input: call.input }, runsWith, stop, voice);
  timer?.cancel();
  await finish(call, own);
}
