// The libraries behind schedules, loaded when the first schedule is looked at: together they take as long to import as all of Quern.
// By require, because `nextRuns` is synchronous and import() is not. Each is a constant expression: nothing of a row is ever loaded.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

export function temporal(): typeof import("temporal-polyfill").Temporal {
  return (require("temporal-polyfill") as typeof import("temporal-polyfill")).Temporal;
}

export function croner(): typeof import("croner").Cron {
  return (require("croner") as typeof import("croner")).Cron;
}

export function cronstrue(): typeof import("cronstrue").default {
  return (require("cronstrue") as typeof import("cronstrue")).default;
}
