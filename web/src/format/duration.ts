// Durations in at most two units: "850 ms", "3.2 s", "4 min 10 s", "2 d 3 h".
import { text } from "../messages.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const units = [
  { ms: day, name: text.unit.days },
  { ms: hour, name: text.unit.hours },
  { ms: minute, name: text.unit.minutes },
  { ms: second, name: text.unit.seconds },
] as const;

export function duration(ms: number): string {
  const length = Math.abs(ms);
  if (length < 1) return `< 1 ${text.unit.ms}`;
  if (length < second) return `${Math.round(length)} ${text.unit.ms}`;
  if (length < 10 * second) return `${(length / second).toFixed(1)} ${text.unit.seconds}`;
  const whole = Math.round(length / second) * second;
  const index = units.findIndex((unit) => whole >= unit.ms);
  const larger = units[index];
  if (larger === undefined) return `${length} ${text.unit.ms}`;
  const smaller = units[index + 1];
  const rest = smaller ? Math.floor((whole % larger.ms) / smaller.ms) : 0;
  const head = `${Math.floor(whole / larger.ms)} ${larger.name}`;
  return smaller && rest > 0 ? `${head} ${rest} ${smaller.name}` : head;
}

/** In one unit, for a column of moments: "12 s", "4 min", "3 h", "9 d". */
export function rough(ms: number): string {
  const length = Math.abs(ms);
  const unit = units.find((one) => length >= one.ms);
  return unit ? `${Math.floor(length / unit.ms)} ${unit.name}` : `0 ${text.unit.seconds}`;
}
