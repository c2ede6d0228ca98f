// Whether a row fits a condition, and how values are ordered: what SQL engines say in SQL, for rows that are in memory.
import type { Condition, Scalar } from "./browse.ts";

/** `valueOf` answers a field of the row; lists, such as tags, as their JSON text. */
export function fits<Field extends string>(
  condition: Condition<Field>,
  valueOf: (field: Field) => Scalar,
): boolean {
  if (condition.is === "not") return !fits(condition.condition, valueOf);
  if (condition.is === "any") return condition.conditions.some((one) => fits(one, valueOf));
  if (condition.is === "all") return condition.conditions.every((one) => fits(one, valueOf));
  const value = valueOf(condition.field);
  switch (condition.is) {
    case "null":
      return value === null;
    case "in":
      return condition.values.includes(value);
    case "contains":
      return value !== null && lowered(String(value)).includes(lowered(condition.text));
    case "has":
      return value !== null && (JSON.parse(String(value)) as unknown[]).includes(condition.value);
    case "between":
      return (
        typeof value === "number" &&
        value >= (condition.from ?? Number.NEGATIVE_INFINITY) &&
        value < (condition.to ?? Number.POSITIVE_INFINITY)
      );
  }
}

/** Whether one of them asks for this field, however deep. */
export function namesField(conditions: readonly Condition[], name: string): boolean {
  return conditions.some((one) => {
    if (one.is === "not") return namesField([one.condition], name);
    if (one.is === "any" || one.is === "all") return namesField(one.conditions, name);
    return one.field === name;
  });
}

/** A to Z as a to z, and nothing else: what every engine does. */
export function lowered(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** What has no value stands last, whatever the direction; texts are compared byte by byte, as engines do. */
export function compareValues(a: Scalar, b: Scalar, descending: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const order =
    typeof a === "number" && typeof b === "number"
      ? a - b
      : Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
  return descending ? -order : order;
}

/** The first keys that differ decide. */
export function compareKeys(a: readonly Scalar[], b: readonly Scalar[], descending: boolean): number {
  for (const [index, value] of a.entries()) {
    const order = compareValues(value, b[index] ?? null, descending);
    if (order !== 0) return order;
  }
  return 0;
}
