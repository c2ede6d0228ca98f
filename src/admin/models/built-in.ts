// The registrations that an admin begins with, in the order of its navigation.
import type { AnyModel } from "../engine/model-admin.ts";
import { auditAdmin } from "./audit.ts";
import { clusterAdmin } from "./cluster.ts";
import { failureAdmin } from "./failure.ts";
import { queuedAdmin } from "./queued.ts";
import { runningAdmin } from "./running.ts";
import { scheduleAdmin } from "./schedule.ts";
import { successAdmin } from "./success.ts";
import { taskAdmin } from "./task.ts";

export const builtIn: readonly [name: string, model: AnyModel][] = [
  ["success", successAdmin],
  ["failure", failureAdmin],
  ["schedule", scheduleAdmin],
  ["queued", queuedAdmin],
  ["running", runningAdmin],
  ["cluster", clusterAdmin],
  ["audit", auditAdmin],
  ["task", taskAdmin],
];
