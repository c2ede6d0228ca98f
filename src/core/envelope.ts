// Seals a call into one signed text and opens it again: q1.<key id>.<signature>.<options JSON>\n<input>.
// JSON holds no raw newline, so the options can be read without touching the input.
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { QuernError } from "./errors.ts";
import type { ResolvedOptions } from "./options.ts";
import { type Keyring, sign, verify } from "./signing.ts";

export interface Call {
  readonly id: string;
  readonly func: string;
  readonly queue: string;
  /** JSON text of ResolvedOptions. */
  readonly options: string;
  /** What the codec wrote. */
  readonly input: string;
}

/** What the row says a call is; the signature has to agree. */
export type Claimed = Pick<Call, "id" | "func" | "queue">;

export interface OpenedCall {
  /** Shared between calls, frozen. */
  readonly options: ResolvedOptions;
  readonly input: string;
}

/** `compress` deflates an input above 1 KB where that makes it smaller. */
export function sealCall(
  call: Call,
  keyring: Keyring,
  { compress = false }: { compress?: boolean } = {},
): string {
  const small =
    compress && call.input.length > 1_024 ? deflateRawSync(call.input).toString("base64") : undefined;
  const shrunk = small !== undefined && small.length < call.input.length;
  const version = shrunk ? "q1z" : "q1";
  const body = `${call.options}\n${shrunk ? small : call.input}`;
  const key = keyring.current;
  return `${version}.${key.id}.${sign(key, [version, key.id, call.id, call.func, call.queue, body])}.${body}`;
}

/**
 * Throws QUERN_BAD_ENVELOPE, QUERN_UNKNOWN_KEY or QUERN_BAD_SIGNATURE; nothing of a forged call is parsed.
 */
export function openCall(
  envelope: string,
  claimed: Claimed,
  keyring: Keyring,
  { maxBytes = 2 ** 26 }: { maxBytes?: number } = {},
): OpenedCall {
  const { version, keyId, signature, body } = splitEnvelope(envelope);
  const key = keyring.find(keyId);
  if (key === undefined) throw new QuernError("QUERN_UNKNOWN_KEY", { id: claimed.id, keyId });
  if (!verify(key, [version, keyId, claimed.id, claimed.func, claimed.queue, body], signature)) {
    throw new QuernError("QUERN_BAD_SIGNATURE", { id: claimed.id });
  }
  const end = body.indexOf("\n");
  const input = body.slice(end + 1);
  return {
    options: readOptions(body.slice(0, end)),
    input: version === "q1z" ? inflate(input, maxBytes) : input,
  };
}

interface Parts {
  version: string;
  keyId: string;
  signature: string;
  body: string;
}

function splitEnvelope(envelope: string): Parts {
  const [, version, keyId, signature] = /^(q1z?)\.([0-9a-f]{8})\.([\w-]{43})\./.exec(envelope) ?? [];
  if (version === undefined || keyId === undefined || signature === undefined) {
    bad(
      /^q\d+\w*\./.test(envelope)
        ? "one of a version this Quern does not know, or a damaged one"
        : "other text",
    );
  }
  const body = envelope.slice(version.length + 1 + 8 + 1 + 43 + 1);
  if (!body.includes("\n")) bad("one without input");
  return { version, keyId, signature, body };
}

// Calls of one task function share their options' text, so it is parsed once for many of them.
const knownOptions = new Map<string, ResolvedOptions>();
const maxKnownOptions = 256;

function readOptions(text: string): ResolvedOptions {
  let options = knownOptions.get(text);
  if (options === undefined) {
    options = Object.freeze(parseOptions(text));
    if (options.unique !== undefined) return options; // Hardly two calls have the same.
    if (knownOptions.size >= maxKnownOptions) knownOptions.clear();
    knownOptions.set(text, options);
  }
  return options;
}

function parseOptions(text: string): ResolvedOptions {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    bad("one whose options are no JSON");
  }
  if (typeof value !== "object" || value === null) bad("one whose options are no object");
  const options = value as Record<string, unknown>;
  const wrong = Object.keys(optionShapes).find(
    (name) => !optionShapes[name as keyof ResolvedOptions](options[name]),
  );
  if (wrong !== undefined) bad(`one whose option ${wrong} is missing or wrong`);
  return value as ResolvedOptions;
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isFlag = (value: unknown): boolean => typeof value === "boolean";

// What a newer Quern adds is let through: it was signed, and who does not know it does not read it.
const optionShapes: Record<keyof ResolvedOptions, (value: unknown) => boolean> = {
  timeoutMs: (value) => value === null || (isCount(value) && value !== 0),
  attempts: (value) => isCount(value) && value !== 0,
  backoff: (value) => value === "exponential" || value === "linear" || value === "fixed",
  delayMs: isCount,
  factor: (value) => Number.isFinite(value) && (value as number) >= 1,
  maxDelayMs: isCount,
  jitter: isFlag,
  maxCrashes: (value) => isCount(value) && value !== 0,
  save: isFlag,
  isolate: isFlag,
  ackFailures: isFlag,
  hook: (value) => value === undefined || typeof value === "string",
  unique: (value) => value === undefined || isUnique(value),
};

function isUnique(value: unknown): boolean {
  const { key, withinMs } = (value ?? {}) as { key?: unknown; withinMs?: unknown };
  return typeof key === "string" && (withinMs === undefined || isCount(withinMs));
}

function inflate(text: string, maxOutputLength: number): string {
  try {
    return inflateRawSync(Buffer.from(text, "base64"), { maxOutputLength }).toString();
  } catch {
    return bad(`one whose input does not inflate to at most ${maxOutputLength} bytes`);
  }
}

function bad(reason: string): never {
  throw new QuernError("QUERN_BAD_ENVELOPE", { reason });
}
