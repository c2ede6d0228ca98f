// Ids and names: a UUIDv7 that only grows, ids derived from a parent's, and four words for people.
import { createHash } from "node:crypto";
import { v7 } from "uuid";
import type { Clock } from "./clock.ts";
import { words } from "./words.ts";

// By clock, so that a clock some test holds in the past or the future moves nobody else's ids.
const lastIds = new WeakMap<Clock, { msecs: number; seq: number }>();

/** A UUIDv7. Ids made with one clock only grow, within a millisecond and when the wall clock steps back. */
export function newId(clock: Clock): string {
  let last = lastIds.get(clock);
  if (last === undefined) lastIds.set(clock, (last = { msecs: 0, seq: 0 }));
  const now = clock.now();
  if (now > last.msecs) {
    last.msecs = now;
    // A place to count from, no secret: 42 more bits come from crypto.
    last.seq = Math.floor(Math.random() * 2 ** 31);
  } else if (++last.seq >= 2 ** 32) {
    last.msecs++;
    last.seq = 0;
  }
  return v7(last);
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

/** Four words made from the id's last 32 bits, which are random: `quiet-mill-amber-finch`. */
export function nameOf(id: string): string {
  const bits = parseInt(id.slice(-8), 16);
  const [manners, places, looks, beings] = words;
  const where = `${manners[bits >>> 24]}-${places[(bits >>> 16) & 255]}`;
  return `${where}-${looks[(bits >>> 8) & 255]}-${beings[bits & 255]}`;
}
