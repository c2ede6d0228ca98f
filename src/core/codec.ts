// Values to text and back: JSON, and tags for what JSON lacks. One walk checks limits and types, names the
// path of what it refuses, and writes; each property is read once, so a getter or a proxy can't pass the
// check as one thing and be written as another. A tag is an object whose only key begins with "$"; a value
// that looks like one is wrapped in $plain.
import { isDate, isMap, isNativeError, isSet, isUint8Array } from "node:util/types";
import { kindOf } from "./check.ts";
import { errorRecord, reviveError } from "./error/error-record.ts";
import { isQuernError, QuernError } from "./errors.ts";

export { encodeError, errorSummary } from "./error/error-record.ts";

export interface CodecLimits {
  /** Bytes of encoded text. @default 1_048_576 */
  readonly maxBytes?: number;
  /** Levels of arrays, objects, Sets and Maps (a Map is two: itself and its entries). @default 100 */
  readonly maxDepth?: number;
  /** What the value is called in the path of what is refused. @default "input" */
  readonly root?: string;
}

/**
 * JSON text without raw newlines. Throws QUERN_UNENCODABLE, QUERN_TOO_LARGE or QUERN_TOO_DEEP with the path.
 */
export function encode(value: unknown, limits: CodecLimits = noLimits): string {
  const { maxBytes = defaultMaxBytes, maxDepth = defaultMaxDepth, root = "input" } = limits;
  const walk: Walk = { out: "", depth: 0, path: [], above: [], maxBytes, maxDepth, root };
  try {
    write(walk, value);
  } catch (error) {
    if (isQuernError(error)) throw error;
    refuse(walk, `something that throws when read (${kindOf(error)})`, "Pass what it holds", error);
  }
  // A character is at most three bytes of UTF-8, so most texts need no counting.
  if (walk.out.length * 3 > maxBytes && Buffer.byteLength(walk.out) > maxBytes) throw tooLarge(walk);
  return walk.out;
}

/** What `encode` wrote. Throws QUERN_UNDECODABLE; no class is revived, and nothing in the text names code. */
export function decode(text: string, limits: CodecLimits = noLimits): unknown {
  const { maxBytes = defaultMaxBytes, maxDepth = defaultMaxDepth } = limits;
  if (text.length > maxBytes || (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes)) {
    undecodable(`more than ${maxBytes} bytes`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    undecodable("something that is no JSON", error);
  }
  return read(value, maxDepth);
}

const noLimits: CodecLimits = {};
const defaultMaxBytes = 2 ** 20;
const defaultMaxDepth = 100;
const dollar = "$".charCodeAt(0);

interface Walk {
  out: string;
  depth: number;
  /** The key at each level above, and the object it was read from. Entries past `depth` are stale. */
  readonly path: (string | number)[];
  readonly above: object[];
  readonly maxBytes: number;
  readonly maxDepth: number;
  readonly root: string;
}

function write(walk: Walk, value: unknown): void {
  switch (typeof value) {
    case "string":
      if (value.length > walk.maxBytes) throw tooLarge(walk);
      walk.out += quote(value);
      break;
    case "number":
      if (Object.is(value, -0)) walk.out += '{"$value":"-0"}';
      else walk.out += Number.isFinite(value) ? value : `{"$value":"${value}"}`;
      break;
    case "boolean":
      walk.out += value;
      break;
    case "undefined":
      walk.out += '{"$value":"undefined"}';
      break;
    case "bigint":
      // Its digits cost more than their number to make, so their number is limited by itself.
      if (value > largestBigInt || value < -largestBigInt) {
        refuse(walk, "a BigInt of more than 32768 bits", "Pass it as bytes");
      }
      walk.out += `{"$bigint":"${value}"}`;
      break;
    case "object":
      if (value === null) walk.out += "null";
      else writeObject(walk, value);
      break;
    default:
      refuse(walk, kindOf(value), "Pass a name for it and look it up in the task function");
  }
  if (walk.out.length > walk.maxBytes) throw tooLarge(walk);
}

function writeObject(walk: Walk, value: object): void {
  if (Array.isArray(value)) return writeArray(walk, value, "[", "]");
  const proto: unknown = Object.getPrototypeOf(value);
  if (proto === null || isRoot(proto)) return writePlain(walk, value as Plain);
  if (value instanceof Error || isNativeError(value)) return writeTag(walk, "$error", errorRecord(value));
  if (isUint8Array(value)) return writeBytes(walk, value);
  // Only the class itself: what a subclass or a property of its own adds would be lost.
  if (isRoot(Object.getPrototypeOf(proto)) && Object.keys(value).length === 0) {
    if (isDate(value)) return writeTag(walk, "$date", value);
    if (isMap(value)) return writeMembers(walk, value, "$map");
    if (isSet(value)) return writeMembers(walk, value, "$set");
  }
  refuse(walk, kindOf(value), "Turn it into plain data first, or pass its id");
}

// Object.prototype, of another realm too.
function isRoot(proto: unknown): boolean {
  if (proto === Object.prototype) return true;
  return (
    proto !== null && Object.getPrototypeOf(proto) === null && Object.hasOwn(proto as object, "isPrototypeOf")
  );
}

type Plain = Record<string, unknown>;

function writePlain(walk: Walk, value: Plain): void {
  const keys = Object.keys(value);
  if (Object.getOwnPropertySymbols(value).length > 0) {
    refuse(walk, "an object with symbols as keys", "Use text as keys");
  }
  const looksLikeTag = keys.length === 1 && keys[0]?.charCodeAt(0) === dollar;
  enter(walk, value);
  let before = looksLikeTag ? '{"$plain":{' : "{";
  for (const key of keys) {
    walk.path[walk.depth - 1] = key;
    walk.out += `${before}${quote(key)}:`;
    before = ",";
    write(walk, value[key]);
  }
  walk.out += keys.length === 0 ? "{}" : looksLikeTag ? "}}" : "}";
  walk.depth--;
}

// `whole` is what the items belong to: a cycle is seen by the Map, whose entries are a new array each time.
function writeArray(
  walk: Walk,
  value: readonly unknown[],
  open: string,
  close: string,
  whole: object = value,
): void {
  // Before anything as long as the array is made of it: an element is at least a digit and a comma.
  if (value.length > walk.maxBytes / 2) throw tooLarge(walk);
  enter(walk, whole);
  walk.out += open;
  for (let index = 0; index < value.length; index++) {
    if (index > 0) walk.out += ",";
    walk.path[walk.depth - 1] = index;
    const item = value[index];
    if (item === undefined && !(index in value)) {
      refuse(walk, "a hole in an array", "Put undefined or null there");
    }
    write(walk, item);
  }
  walk.out += close;
  walk.depth--;
  if (Object.keys(value).length !== value.length) {
    refuse(walk, "an array with properties of its own", "Use an object");
  }
}

function writeMembers(walk: Walk, value: Map<unknown, unknown> | Set<unknown>, tag: string): void {
  if (value.size > walk.maxBytes / 2) throw tooLarge(walk);
  writeArray(walk, [...value], `{"${tag}":[`, "]}", value);
}

function writeBytes(walk: Walk, value: Uint8Array): void {
  if (value.byteLength > walk.maxBytes) throw tooLarge(walk);
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  writeTag(walk, "$bytes", bytes.toString("base64"));
}

// An invalid Date becomes null here, and is one again when read.
function writeTag(walk: Walk, tag: string, held: unknown): void {
  walk.out += `{"${tag}":${JSON.stringify(held)}}`;
}

function enter(walk: Walk, value: object): void {
  if (walk.depth >= walk.maxDepth) refuseDepth(walk, value);
  walk.above[walk.depth++] = value;
}

// A cycle is met as too much depth, so looking for one costs nothing until then.
function refuseDepth(walk: Walk, value: object): never {
  walk.above[walk.depth] = value;
  for (let depth = 1; depth <= walk.depth; depth++) {
    const first = walk.above.indexOf(walk.above[depth] as object);
    if (first === depth) continue;
    walk.depth = depth;
    refuse(walk, "a value that contains itself", "Pass an id instead of the object");
  }
  const path = `${pathText(walk).slice(0, 100)}…`;
  throw new QuernError("QUERN_TOO_DEEP", { maxDepth: walk.maxDepth, path });
}

function refuse(walk: Walk, given: string, hint: string, cause?: unknown): never {
  throw new QuernError("QUERN_UNENCODABLE", { path: pathText(walk), given, hint }, { cause });
}

function tooLarge(walk: Walk): QuernError {
  return new QuernError("QUERN_TOO_LARGE", { maxBytes: walk.maxBytes, path: pathText(walk) });
}

function pathText(walk: Walk): string {
  let text = walk.root;
  for (const step of walk.path.slice(0, walk.depth)) {
    if (typeof step === "number") text += `[${step}]`;
    else text += /^[A-Za-z_$][\w$]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step.slice(0, 60))}]`;
  }
  return text;
}

const needsEscape = /["\\\u0000-\u001f\ud800-\udfff]/;

function quote(text: string): string {
  return needsEscape.test(text) ? JSON.stringify(text) : `"${text}"`;
}

const largestBigInt = 1n << 32_768n;
const longestBigInt = 9_866;

// Works in place: what JSON.parse made belongs to nobody else. It makes __proto__ a property of its own, and
// writing to one that is there keeps it one.
function read(value: unknown, depthLeft: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return readArray(value, depthLeft);
  const keys = Object.keys(value);
  const [first] = keys;
  if (keys.length === 1 && first?.charCodeAt(0) === dollar) {
    return readTag(first, (value as Plain)[first], depthLeft);
  }
  return readPlain(value as Plain, keys, depthLeft);
}

function readArray(value: unknown[], depthLeft: number): unknown[] {
  if (depthLeft === 0) undecodable("too many levels of nesting");
  for (let index = 0; index < value.length; index++) value[index] = read(value[index], depthLeft - 1);
  return value;
}

function readPlain(value: Plain, keys: readonly string[], depthLeft: number): Plain {
  if (depthLeft === 0) undecodable("too many levels of nesting");
  for (const key of keys) {
    const inner = value[key];
    if (typeof inner === "object" && inner !== null) value[key] = read(inner, depthLeft - 1);
  }
  return value;
}

const constants = new Map<unknown, unknown>([
  ["undefined", undefined],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["-0", -0],
]);

function readTag(tag: string, held: unknown, depthLeft: number): unknown {
  switch (tag) {
    case "$plain":
      if (typeof held === "object" && held !== null && !Array.isArray(held)) {
        return readPlain(held as Plain, Object.keys(held), depthLeft);
      }
      break;
    case "$value":
      if (constants.has(held)) return constants.get(held);
      break;
    case "$date":
      if (held === null) return new Date(Number.NaN);
      if (typeof held === "string" && !Number.isNaN(Date.parse(held))) return new Date(held);
      break;
    case "$bigint":
      if (typeof held === "string" && held.length <= longestBigInt && /^-?\d+$/.test(held)) {
        return BigInt(held);
      }
      break;
    case "$bytes":
      if (typeof held === "string" && /^[A-Za-z0-9+/]*={0,2}$/.test(held)) {
        return new Uint8Array(Buffer.from(held, "base64"));
      }
      break;
    case "$set":
      if (Array.isArray(held)) return new Set(readArray(held, depthLeft));
      break;
    case "$map":
      if (Array.isArray(held) && held.every((entry) => Array.isArray(entry) && entry.length === 2)) {
        return new Map(readArray(held, depthLeft) as [unknown, unknown][]);
      }
      break;
    case "$error":
      return reviveError(held) ?? undecodable("an error without name and message");
  }
  undecodable(`a tag it does not know or with something wrong in it (${JSON.stringify(tag.slice(0, 20))})`);
}

function undecodable(reason: string, cause?: unknown): never {
  throw new QuernError("QUERN_UNDECODABLE", { reason }, { cause });
}
