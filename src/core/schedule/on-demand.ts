// The libraries behind schedules, loaded when the first schedule is looked at: together they take as long to import as all of Quern.
// By require, because `nextRuns` is synchronous and import() is not. Each is a constant expression: nothing of a row is ever loaded.
import { createRequire } from "node:module";
import type * as Croner from "croner";
import type * as Cronstrue from "cronstrue";
import type * as TemporalPolyfill from "temporal-polyfill";

const require = createRequire(import.meta.url);

export function temporal(): typeof TemporalPolyfill.Temporal {
  return (require("temporal-polyfill") as typeof TemporalPolyfill).Temporal;
}

export function croner(): typeof Croner.Cron {
  return (require("croner") as typeof Croner).Cron;
}

export function cronstrue(): typeof Cronstrue.default {
  return (require("cronstrue") as typeof Cronstrue).default;
}

/** What firing needs, ahead of the first slot. */
export function loadLibraries(): void {
  temporal();
  croner();
}
