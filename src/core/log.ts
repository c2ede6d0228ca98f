// The logger's shape, the default line, and a brake for lines that come too often.
import type { Clock } from "./clock.ts";

export interface Logger {
  debug(message: string, details?: Record<string, unknown>): void;
  info(message: string, details?: Record<string, unknown>): void;
  warn(message: string, details?: Record<string, unknown>): void;
  error(message: string, details?: Record<string, unknown>): void;
}

export type LogLevel = keyof Logger;

const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];
const levelNames = { debug: "DEBUG", info: "INFO", warn: "WARNING", error: "ERROR" };
const maxLine = 4_000;

/** Lines like Django Q's, `12:03:31 [Q] INFO …`, or one JSON object a line. */
export function consoleLogger(
  { json = false, level = "info" }: { json?: boolean; level?: LogLevel },
  write: (line: string) => void,
  clock: Pick<Clock, "now">,
): Logger {
  const lineOf = json ? jsonLine : textLine;
  return eachLevel((at) => (message, details = {}) => {
    if (levels.indexOf(at) >= levels.indexOf(level)) {
      write(lineOf(new Date(clock.now()), at, message, details));
    }
  });
}

/**
 * At most one line a second per class, the last one with a count of those left out. A class is what stands in
 * `details.kind`, else the message itself.
 */
export function throttled(logger: Logger, clock: Clock): Logger {
  const waiting = new Map<string, { write: () => void; leftOut: number } | undefined>();

  function open(kind: string): void {
    waiting.set(kind, undefined);
    clock.after(1_000, () => close(kind), { background: true });
  }

  function close(kind: string): void {
    const last = waiting.get(kind);
    waiting.delete(kind);
    if (last === undefined) return;
    open(kind);
    last.write();
  }

  return eachLevel((level) => (message, details) => {
    const kind = `${level} ${String(details?.["kind"] ?? message)}`;
    if (!waiting.has(kind)) {
      if (waiting.size < maxClasses) open(kind);
      return logger[level](message, details);
    }
    const leftOut = (waiting.get(kind)?.leftOut ?? -1) + 1;
    const shown = leftOut === 0 ? message : `${message} (and ${leftOut} like it)`;
    waiting.set(kind, { write: () => logger[level](shown, details), leftOut });
  });
}

const maxClasses = 1_000;

function eachLevel(make: (level: LogLevel) => Logger[LogLevel]): Logger {
  return { debug: make("debug"), info: make("info"), warn: make("warn"), error: make("error") };
}

function textLine(now: Date, level: LogLevel, message: string, details: Record<string, unknown>): string {
  const rest = Object.entries(details).map(([name, value]) => ` ${name}=${valueText(value)}`);
  return clean(`${now.toTimeString().slice(0, 8)} [Q] ${levelNames[level]} ${message}${rest.join("")}`);
}

function jsonLine(now: Date, level: LogLevel, message: string, details: Record<string, unknown>): string {
  const rest = Object.entries(details).map(([name, value]) => [name, valueText(value)]);
  return JSON.stringify({
    ...Object.fromEntries(rest),
    time: now.toISOString(),
    level,
    message: clean(message),
  });
}

function valueText(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (value instanceof Error) return clean(`${value.name}: ${value.message}`);
  try {
    return clean(typeof value === "string" ? value : String(JSON.stringify(value)));
  } catch {
    return "(unreadable)";
  }
}

// Control characters, and those that turn the direction of text: a line says what it shows and stays one
// line.
function clean(text: string): string {
  return text.slice(0, maxLine).replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, " ");
}
