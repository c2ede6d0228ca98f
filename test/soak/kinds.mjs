// The kinds of tasks a soak runs, and what each may do: one table for the plan, the task functions and the checker.
// Chains, iter, groups of iter and concurrencyKey are left out of the plan until the product has them.

/**
 * `ends`: the outcomes its task may end with. What uses up attempts may also be a crash or a lost lease, where attempts are few.
 * `deadly`: its attempt takes the worker with it. `timesOut`: its attempt is ended by its deadline, its worker killed.
 * `blocks`: nothing else of its worker goes on meanwhile. `retires`: its worker takes no more tasks after it. `spreads`: its retries must not come in flocks.
 */
const well = { ends: ["success"] };
const badly = (outcome, more) => ({ ends: [outcome, "crashed", "lost"], ...more });

export const kinds = {
  noop: well,
  nap: well,
  sleep: well,
  cpu: { ...well, blocks: true },
  busy: { ...well, blocks: true },
  flaky: { ...well, spreads: true },
  failing: badly("failed"),
  loop: badly("timeout", { timesOut: true }),
  deaf: badly("timeout", { timesOut: true }),
  memory: badly("crashed", { deadly: true }),
  poison: badly("crashed", { deadly: true }),
  exit: { ...well, deadly: true },
  abort: { ...well, deadly: true },
  uncaught: { ...well, retires: true },
  rejection: { ...well, retires: true },
  parent: well,
  child: well,
  hook: { ...well, hook: "soak.hooked" },
  hooked: well,
  unique: well,
  cancelled: { ends: ["success", "cancelled"] },
  snoozed: well,
  delayed: well,
  odd: well,
  unknown: { ...well, unknown: true },
  unreadable: { ends: ["quarantined"] },
  slot: well,
};
