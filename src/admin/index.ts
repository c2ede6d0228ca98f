// quern/admin: the admin as one handler of web requests, and its registrations to change.
export { createAdmin, type Admin, type AdminOptions, type AnyQuern } from "./admin.ts";
export type { Authorize, Identity, Scope, User } from "./access.ts";
export type { Account, Authenticate, AuthenticateOptions } from "./login.ts";
export { hashPassword } from "./password.ts";
export type { RequestInfo } from "./visitor.ts";
export type { ActionContext, AdminContext } from "./engine/admin-context.ts";
export type {
  Action,
  Field,
  Filter,
  Form,
  FormField,
  ModelAdmin,
  Outcome,
  Section,
} from "./engine/model-admin.ts";
export { listSource, rowsSource, type Source } from "./engine/source.ts";
export { auditAdmin } from "./models/audit.ts";
export { clusterAdmin } from "./models/cluster.ts";
export { failureAdmin } from "./models/failure.ts";
export { queuedAdmin } from "./models/queued.ts";
export { runningAdmin } from "./models/running.ts";
export { scheduleAdmin } from "./models/schedule.ts";
export { successAdmin } from "./models/success.ts";
export { taskAdmin } from "./models/task.ts";
