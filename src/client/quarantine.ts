// What becomes of a task that can't be read: it is kept byte for byte among the failures, with its reason, and is not retried.
import type { Clock } from "../core/clock.ts";
import { encodeError } from "../core/codec.ts";
import type { OwnReport } from "./run-attempt.ts";

export function unreadable(error: unknown, clock: Clock): OwnReport {
  return {
    outcome: "quarantined",
    started: null,
    stopped: clock.now(),
    result: null,
    error: encodeError(error),
    retry: false,
    snoozeMs: null,
    unknown: false,
  };
}
