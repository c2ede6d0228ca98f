// The configuration in force, as people read it: each option, its value and where it was given. Secrets are masked.
import { formatDuration } from "../core/duration.ts";
import { maskPassword } from "../core/mask.ts";
import type { OptionSource, ResolvedQuernOptions } from "../core/options.ts";
import { plain } from "./text.ts";

export interface OptionInForce {
  name: string;
  source: OptionSource;
  /** For programs. */
  value: unknown;
  /** For people. */
  shown: string;
}

const noWords: Record<string, string> = {
  secret: "generated, kept in the database",
  name: "four words, new at every start",
  workers: "as many as there are cores",
  saveLimitPer: "counted over everything",
  failureRetention: "kept until somebody deletes them",
  timeout: "none",
  recycle: "never",
  maxRss: "no limit",
  logger: "lines on stdout",
  onError: "none",
  execArgv: "those of the cluster's process",
};

export function configuration(options: ResolvedQuernOptions): OptionInForce[] {
  return Object.entries(options.sources).map(([name, source]) => {
    const value = valueOf(name, options);
    const none =
      value === null || value === undefined || ((name === "recycle" || name === "maxRss") && value === 0);
    return {
      name,
      source,
      value: value ?? null,
      shown: plain(none ? (noWords[name] ?? "none") : shownAs(name, value, options)),
    };
  });
}

/** Resolved options carry their unit in their name; what people set does not. */
function valueOf(name: string, options: ResolvedQuernOptions): unknown {
  const resolved = options as unknown as Record<string, unknown>;
  const value = resolved[name] ?? resolved[`${name}Ms`] ?? resolved[`${name}Bytes`];
  if (name === "secret") return value === undefined ? undefined : "********";
  if (name === "database") return maskPassword(String(value));
  if (name === "schedules") return options.schedules.map(({ scheduleName }) => scheduleName);
  return typeof value === "function" || name === "logger" ? value && "(yours)" : value;
}

function shownAs(name: string, value: unknown, options: ResolvedQuernOptions): string {
  if (`${name}Ms` in options && typeof value === "number") return formatDuration(value);
  if (name === "retry") {
    const { attempts, backoff, delayMs, factor, maxDelayMs, jitter } = options.retry;
    const growth = backoff === "exponential" ? ` times ${factor}` : "";
    return `${attempts} attempts, ${backoff} from ${formatDuration(delayMs)}${growth}, at most ${formatDuration(maxDelayMs)}${jitter ? ", with jitter" : ""}`;
  }
  if (typeof value !== "object") return String(value);
  const text = JSON.stringify(value);
  return text === "{}" || text === "[]" ? "none" : text;
}
