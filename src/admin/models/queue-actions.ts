// Pausing and resuming the queue that a task waits in.
import type { QueuedTask } from "../../core/task.ts";
import type { Action } from "../engine/model-admin.ts";

const ofQueue = (name: "pause" | "resume", label: string, nothing: string): Action<QueuedTask> => ({
  name: `${name}-queue`,
  label,
  permission: "queue.pause",
  on: ["row"],
  confirm: name === "pause" ? "always" : "never",
  consequences: async ([task]) =>
    name === "pause" && task !== undefined
      ? [`No cluster will start tasks of ${task.queue}; running ones go on.`]
      : [],
  run: async ({ queue }, _, { store, entry }) =>
    (await store[name](queue, entry(`queue.${name}`, queue))) ? { done: true } : { skipped: nothing },
});

export const queueActions: Action<QueuedTask>[] = [
  ofQueue("pause", "Pause its queue", "This queue is paused already."),
  ofQueue("resume", "Resume its queue", "This queue is not paused."),
];
