// Bodies of requests: JSON of a known shape, read with limits, every unknown key refused.
import type { Clock } from "../core/clock.ts";
import type { FormValue } from "./contract.ts";
import { Refusal } from "./respond.ts";

/** What a key of a body may hold. */
export type BodyField = { optional?: true } & (
  | { as: "text"; most: number }
  | { as: "number" }
  | { as: "texts"; most: number }
  | { as: "values" }
  | { as: "object"; of: BodySchema }
);

export type BodySchema = Readonly<Record<string, BodyField>>;

export type Body = Readonly<Record<string, unknown>>;

const mostBytes = 1_048_576;
const mostMs = 30_000;
const mostDepth = 100;
const mostKeys = 10_000;
const mostValues = 200;

export async function readBody(request: Request, schema: BodySchema, clock: Clock): Promise<Body> {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json")
    throw new Refusal(400, "not-json", "Expected a body of type application/json.");
  if (request.headers.has("content-encoding"))
    throw new Refusal(400, "compressed", "Compressed bodies are not read.");
  const text = await readText(request, clock);
  let body: unknown;
  try {
    refuseDeep(text);
    body = JSON.parse(text);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(400, "not-json", "Expected the body to be JSON.");
  }
  return checkObject(body, schema, "the body");
}

async function readText(request: Request, clock: Clock): Promise<string> {
  if (Number(request.headers.get("content-length") ?? 0) > mostBytes) throw tooLarge();
  const reader = request.body?.getReader();
  if (reader === undefined) return "";
  const slow = new Refusal(408, "too-slow", `Expected the body within ${mostMs / 1_000} s.`);
  let ended: Refusal | undefined;
  const end = (refusal: Refusal): void => {
    ended = refusal;
    reader.cancel(refusal).catch(() => undefined); // It may have ended in another way already.
  };
  const timer = clock.after(mostMs, () => end(slow), { background: true });
  try {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      bytes += part.value.byteLength;
      if (bytes > mostBytes) end(tooLarge());
      if (ended !== undefined) break;
      chunks.push(part.value);
    }
    if (ended !== undefined) throw ended;
    return Buffer.concat(chunks).toString("utf8");
  } finally {
    timer.cancel();
  }
}

function tooLarge(): Refusal {
  return new Refusal(400, "too-large", "Expected a body of at most 1 MB.");
}

/** Counted before it is parsed, and without recursion. What stands inside of texts counts too, which only makes it stricter. */
function refuseDeep(text: string): void {
  let [depth, keys, inText] = [0, 0, false];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inText) {
      if (character === "\\") at++;
      else if (character === '"') inText = false;
      continue;
    }
    if (character === '"') inText = true;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    else if (character === "," || character === ":") keys++;
    if (depth > mostDepth || keys > 2 * mostKeys)
      throw new Refusal(400, "too-complex", `Expected at most ${mostDepth} levels and ${mostKeys} keys.`);
  }
}

function checkObject(value: unknown, schema: BodySchema, what: string): Body {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(what, "an object");
  for (const key of Object.keys(value))
    if (!Object.hasOwn(schema, key))
      throw new Refusal(400, "unknown-key", `There is no "${key.slice(0, 40)}" in ${what}.`);
  const body = value as Record<string, unknown>;
  for (const [key, field] of Object.entries(schema)) {
    if (body[key] === undefined) {
      if (field.optional !== true) throw new Refusal(400, "missing-key", `Expected "${key}" in ${what}.`);
    } else checkField(body[key], field, key);
  }
  return body;
}

function checkField(value: unknown, field: BodyField, key: string): void {
  switch (field.as) {
    case "text":
      if (typeof value !== "string" || value.length > field.most || unstorable.test(value))
        throw wrong(key, `a text of at most ${field.most} characters`);
      return;
    case "number":
      if (!Number.isSafeInteger(value)) throw wrong(key, "a whole number");
      return;
    case "texts":
      if (!Array.isArray(value) || value.length > field.most || !value.every(isShortText))
        throw wrong(key, `at most ${field.most} texts`);
      return;
    case "values":
      if (!isValues(value)) throw wrong(key, "names with plain values");
      return;
    case "object":
      checkObject(value, field.of, `"${key}"`);
  }
}

// What no engine stores: the character with the code 0, and half a surrogate pair.
export const unstorable: RegExp = /[\u0000\ud800-\udfff]/u;

function isShortText(value: unknown): boolean {
  return typeof value === "string" && value.length <= 255 && !unstorable.test(value);
}

function isValues(value: unknown): value is Record<string, FormValue> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return entries.length <= mostValues && entries.every(([, one]) => isPlain(one));
}

function isPlain(value: unknown): boolean {
  return (
    value === null ||
    typeof value === "boolean" ||
    (typeof value === "string" && !unstorable.test(value)) ||
    (typeof value === "number" && Number.isFinite(value))
  );
}

function wrong(what: string, expected: string): Refusal {
  return new Refusal(
    400,
    "bad-body",
    `Expected ${what === "the body" ? what : `"${what}"`} to be ${expected}.`,
  );
}

/** For the OpenAPI document. */
export function jsonSchemaOf(schema: BodySchema): Record<string, unknown> {
  const types: { [As in BodyField["as"]]: Record<string, unknown> } = {
    text: { type: "string" },
    number: { type: "integer" },
    texts: { type: "array", items: { type: "string" } },
    values: { type: "object", additionalProperties: { type: ["string", "number", "boolean", "null"] } },
    object: { type: "object" },
  };
  const properties = Object.entries(schema).map(([key, field]) => [
    key,
    field.as === "object"
      ? jsonSchemaOf(field.of)
      : field.as === "text"
        ? { ...types.text, maxLength: field.most }
        : types[field.as],
  ]);
  return {
    type: "object",
    additionalProperties: false,
    required: Object.entries(schema).flatMap(([key, { optional }]) => (optional === true ? [] : [key])),
    properties: Object.fromEntries(properties),
  };
}
