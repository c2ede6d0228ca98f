// Histories that once went wrong, or that stand for a rule: played before the random ones. Add what fast-check prints.
import type { Command } from "./commands.ts";

const task = { queue: "a", func: "f", group: null, priority: 0, isolate: false, delay: 0, unique: null };
const claim = { owner: 0, slots: 3, isolated: 0, lanes: [{ queue: "a", limit: 9 }], minutes: 0 };
const ending = {
  lease: 0,
  forged: "none",
  how: "success",
  delay: 0,
  followUp: false,
  lapsed: false,
} as const;

export const regressions: Record<string, readonly Command[]> = {
  "a zombie finishes after a reaper gave its task to the same owner again": [
    { do: "enqueue", tasks: [task] },
    { do: "claim", ...claim },
    { do: "reap", how: "released" },
    { do: "claim", ...claim },
    { do: "finish", endings: [{ ...ending, lease: 1 }, ending], claim: null },
  ],
  "a repeated finish comes when the row is at the next attempt": [
    { do: "enqueue", tasks: [task] },
    { do: "claim", ...claim },
    { do: "finish", endings: [{ ...ending, how: "released" }], claim: null },
    { do: "claim", ...claim, owner: 1 },
    { do: "repeat", call: 1 },
    { do: "finish", endings: [ending, { ...ending, lease: 1, how: "failure" }], claim: null },
  ],
  "an enqueue is repeated when only the answer of its task is left": [
    { do: "enqueue", tasks: [task] },
    { do: "claim", ...claim },
    { do: "finish", endings: [{ ...ending, how: "unsaved" }], claim: null },
    { do: "tick", minutes: 1 },
    { do: "prune", saveLimit: null, per: null, failures: false, attempts: true },
    { do: "repeat", call: 3 },
    { do: "claim", ...claim },
  ],
  "a repeated enqueue of an ended task takes its unique key again": [
    { do: "enqueue", tasks: [{ ...task, unique: { key: "k", within: 0 } }] },
    { do: "cancel", task: 0 },
    { do: "repeat", call: 1 },
    { do: "enqueue", tasks: [{ ...task, unique: { key: "k", within: 0 } }] },
    { do: "repeat", call: 2 },
  ],
  "a reaper's ending meets a lease that was renewed and a wish to cancel": [
    { do: "enqueue", tasks: [task] },
    { do: "claim", ...claim, minutes: 4 },
    { do: "cancel", task: 0 },
    {
      do: "finish",
      endings: [
        { ...ending, how: "released", lapsed: true },
        { ...ending, lapsed: true },
      ],
      claim: null,
    },
  ],
  "a repeated enqueue finds that its task was deleted and its unique key still held": [
    { do: "enqueue", tasks: [{ ...task, unique: { key: "k", within: 3 } }, task] },
    { do: "delete", tasks: [1] },
    { do: "repeat", call: 1 },
    { do: "enqueue", tasks: [{ ...task, unique: { key: "k", within: 0 } }] },
  ],
  "the earlier attempts of a task that is not saved stay behind": [
    { do: "enqueue", tasks: [task] },
    { do: "claim", ...claim },
    { do: "finish", endings: [{ ...ending, how: "released" }], claim },
    { do: "finish", endings: [{ ...ending, how: "unsaved" }], claim: null },
  ],
  "two tasks of one call want a key whose holder is gone": [
    { do: "enqueue", tasks: [{ ...task, unique: { key: "k", within: 2 } }] },
    { do: "delete", tasks: [0] },
    {
      do: "enqueue",
      tasks: [
        { ...task, unique: { key: "k", within: 0 } },
        { ...task, unique: { key: "k", within: 0 } },
      ],
    },
  ],
  "two tasks of one call want a key that has become free": [
    { do: "enqueue", tasks: [{ ...task, unique: { key: "k", within: 0 } }] },
    { do: "cancel", task: 0 },
    {
      do: "enqueue",
      tasks: [
        { ...task, unique: { key: "k", within: 0 } },
        { ...task, unique: { key: "k", within: 0 } },
      ],
    },
  ],
};
