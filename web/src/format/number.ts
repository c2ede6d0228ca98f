// Numbers as people read them.
import type { Count } from "../../../src/admin/contract.ts";
import { locale, text } from "../messages.ts";

const plain = new Intl.NumberFormat(locale);
const short = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });

export function number(value: number): string {
  return plain.format(value);
}

/** 12,345 as "12.3K": where there is little room. */
export function shortNumber(value: number): string {
  return value < 10_000 ? plain.format(value) : short.format(value);
}

/** "10,000+" where counting stopped. */
export function count({ number: value, capped }: Count): string {
  return capped ? `${plain.format(value)}+` : plain.format(value);
}

export function shortCount({ number: value, capped }: Count): string {
  return capped ? `${shortNumber(value)}+` : shortNumber(value);
}

const kilo = 1024;

export function bytes(value: number): string {
  if (value < kilo) return `${value} ${text.unit.bytes}`;
  const [size, unit] = value < kilo * kilo ? [kilo, text.unit.kilobytes] : [kilo * kilo, text.unit.megabytes];
  const scaled = value / size;
  return `${scaled.toFixed(scaled < 10 ? 1 : 0)} ${unit}`;
}
