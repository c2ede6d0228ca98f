// Ids and names: a UUIDv7 that only grows, ids derived from a parent's, and four words for people.
import { createHash, randomFillSync } from "node:crypto";
import type { Clock } from "./clock.ts";
import { words } from "./words.ts";

// By clock, so that a clock some test holds in the past or the future moves nobody else's ids.
const lastIds = new WeakMap<Clock, { msecs: number; seq: number; time: string; first: FirstWord }>();

/**
 * The byte behind the first word of names, shared by ids that are made together. Names at random would each touch a page of their
 * own in an index of them: with the tasks of a commit side by side it has a handful of pages to write.
 */
interface FirstWord {
  hex: string;
  since: number;
  left: number;
}

const sharedByAtMost = 128;
const sharedForMs = 20;

function firstWord(now: number): FirstWord {
  return { hex: randomHex().slice(0, 2), since: now, left: sharedByAtMost };
}

/** A UUIDv7. Ids made with one clock only grow, within a millisecond and when the wall clock steps back. */
export function newId(clock: Clock): string {
  let last = lastIds.get(clock);
  if (last === undefined)
    lastIds.set(clock, (last = { msecs: 0, seq: 0, time: timeText(0), first: firstWord(0) }));
  const now = clock.now();
  if (last.first.left === 0 || now - last.first.since > sharedForMs) last.first = firstWord(now);
  last.first.left -= 1;
  if (now > last.msecs) {
    last.msecs = now;
    last.time = timeText(now);
    // A place to count from, no secret: 32 more bits come from crypto.
    last.seq = Math.floor(Math.random() * 2 ** 31);
  } else if (++last.seq >= 2 ** 32) {
    last.time = timeText(++last.msecs);
    last.seq = 0;
  }
  return layOut(last.time, last.seq, last.first.hex);
}

function timeText(msecs: number): string {
  const time = hex(msecs, 12);
  return `${time.slice(0, 8)}-${time.slice(8)}`;
}

/**
 * RFC 9562: 48 bits of time, the version, 12 and 20 bits of the counter around the variant, and 40 random ones, of which 8 are those
 * of the first word.
 */
function layOut(time: string, seq: number, first: string): string {
  const low = hex(0x80_0000 + (seq % 2 ** 20), 6); // The variant's bits, two zeros, and what is left of the counter.
  const random = randomHex();
  return `${time}-7${hex(Math.floor(seq / 2 ** 20), 3)}-${low.slice(0, 4)}-${low.slice(4)}${random.slice(0, 2)}${first}${random.slice(2)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

// Random bytes are cheap by the thousand and dear one by one.
const pool = Buffer.alloc(4 * 1_024);
let used = pool.length;

function randomHex(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += 4;
  return pool.toString("hex", used - 4, used);
}

/** Whether this is an id as Quern writes it: a UUIDv7 in lower case. */
export function isId(text: unknown): text is string {
  return (
    typeof text === "string" &&
    /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(text)
  );
}

/** The id of what follows from `parent` at `position`: the same every time, so that a repeat adds nothing. */
export function childId(parent: string, position: string): string {
  const hash = createHash("sha256").update(parent).update(position).digest("hex");
  const variant = "89ab"[parseInt(hash.slice(3, 4), 16) & 3];
  return `${parent.slice(0, 13)}-7${hash.slice(0, 3)}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`;
}

/** Four words made from the id's last 32 bits: `quiet-mill-amber-finch`. Tasks that were made together share the first one. */
export function nameOf(id: string): string {
  const bits = parseInt(id.slice(-8), 16);
  const [manners, places, looks, beings] = words;
  const where = `${manners[bits >>> 24]}-${places[(bits >>> 16) & 255]}`;
  return `${where}-${looks[(bits >>> 8) & 255]}-${beings[bits & 255]}`;
}
