// What is kept of whatever was thrown: name, message, stack, code and causes, bounded. Never throws itself.
import { show } from "../check.ts";

export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  /** The frames; with the line above them where that is not just name and message. */
  readonly stack?: string;
  readonly code?: string | number;
  readonly cause?: ErrorRecord;
}

interface ErrorBounds {
  maxBytes?: number;
  callers?: string;
}

const keptBytes = 8_192;
const keptCauses = 4;

/**
 * The text of an error as the codec writes it, in at most `maxBytes`. Reads back as an Error. `callers`: the folder of the code that
 * called what threw; its frames at the end of each stack are the same every time, and left out.
 */
export function encodeError(error: unknown, { maxBytes = keptBytes, callers }: ErrorBounds = {}): string {
  return `{"$error":${JSON.stringify(errorRecord(error, maxBytes - 11, callers))}}`;
}

/** What to show of an encoded error in a line or a list. Never throws. */
export function errorSummary(text: string): { name: string; message: string; stack?: string | undefined } {
  try {
    const error = reviveError(JSON.parse(text).$error);
    if (error !== undefined) return { name: error.name, message: error.message, stack: error.stack };
  } catch {
    // No JSON: shown as it is.
  }
  return { name: "Error", message: clip(String(text), 1_000) };
}

export function errorRecord(error: unknown, maxBytes: number = keptBytes, callers?: string): ErrorRecord {
  // How long a text becomes as JSON is only known when it has, so what is too long is clipped harder.
  for (let limit = maxBytes >> 1, causes = keptCauses; limit >= 32; limit >>= 1, causes--) {
    const record = recordOf(error, limit, Math.max(0, causes), callers);
    if (Buffer.byteLength(JSON.stringify(record)) <= maxBytes) return record;
  }
  return { name: "Error", message: "" };
}

/** A plain Error with the name, since no class is revived; `undefined` for what is no such record. */
export function reviveError(record: unknown, causes: number = keptCauses): Error | undefined {
  const { name, message, stack, code, cause } = (record ?? {}) as Record<keyof ErrorRecord, unknown>;
  if (typeof name !== "string" || typeof message !== "string") return undefined;
  const revived = causes === 0 ? undefined : reviveError(cause, causes - 1);
  const error = new Error(message, revived && { cause: revived });
  const header = message === "" ? name : `${name}: ${message}`;
  const frames = typeof stack === "string" ? stack : "";
  hide(error, "name", name);
  hide(error, "stack", frames.startsWith("    at ") ? `${header}\n${frames}` : frames || header);
  return isCode(code) ? Object.assign(error, { code }) : error;
}

function hide(error: Error, key: string, value: string): void {
  Object.defineProperty(error, key, { value, configurable: true, writable: true });
}

function isCode(code: unknown): code is string | number {
  return typeof code === "string" || Number.isFinite(code);
}

function recordOf(error: unknown, limit: number, causes: number, callers: string | undefined): ErrorRecord {
  const message = property(error, "message");
  if (typeof message !== "string") return { name: "Thrown", message: clip(textOf(error), limit) };
  const name = property(error, "name");
  const stack = property(error, "stack");
  const code = property(error, "code");
  const cause = property(error, "cause");
  return {
    name: typeof name === "string" && name !== "" ? clip(name, Math.min(limit, 255)) : "Error",
    message: clip(withInner(message, error), limit),
    ...(typeof stack === "string" ? { stack: clip(framesOf(stack, message, callers), limit) } : {}),
    ...(isCode(code) ? { code: typeof code === "string" ? clip(code, 255) : code } : {}),
    ...(cause === undefined || causes === 0 ? {} : { cause: recordOf(cause, limit, causes - 1, callers) }),
  };
}

// What an AggregateError holds is what went wrong: a refused connection to localhost has no message of its own.
function withInner(message: string, error: unknown): string {
  const inner = property(error, "errors");
  if (!Array.isArray(inner)) return message;
  const said = inner.slice(0, keptCauses).map((one) => property(one, "message") ?? textOf(one));
  return [message, said.filter((text) => typeof text === "string" && text !== "").join("; ")]
    .filter((text) => text !== "")
    .join(": ");
}

// A stack repeats the message above its frames; a message of 1 MB would leave no room for them.
function framesOf(stack: string, message: string, callers: string | undefined): string {
  const start = stack.indexOf(`${message}\n    at `);
  const frames = start >= 0 && start < 200 ? stack.slice(start + message.length + 1) : stack;
  return callers === undefined ? frames : withoutCallers(frames, callers);
}

// An error of the callers' own keeps its frames: there are no others.
function withoutCallers(frames: string, callers: string): string {
  const lines = frames.split("\n");
  const last = lines.findLastIndex((line) => !line.includes(callers) && !/\(node:|at node:/.test(line));
  const rest = lines.slice(0, last + 1);
  return rest.some((line) => line.startsWith("    at ")) ? rest.join("\n") : frames;
}

function property(value: unknown, name: string): unknown {
  try {
    return (value as Record<string, unknown> | null)?.[name];
  } catch {
    return undefined;
  }
}

// Something thrown that is no error: text as it is, plain data as JSON, the rest by its kind.
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    if (typeof value === "symbol") return value.toString();
    const json = typeof value === "object" ? JSON.stringify(value) : undefined;
    return json === undefined || json === "{}" ? show(value) : json;
  } catch {
    return show(value);
  }
}

function clip(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}
