// The codec's tags, for reading: an object whose only key begins with "$" stands for what JSON lacks.

export type Tagged =
  | { kind: "date"; text: string }
  | { kind: "bigint"; text: string }
  | { kind: "special"; text: string }
  | { kind: "bytes"; base64: string; size: number }
  | { kind: "map"; entries: [unknown, unknown][] }
  | { kind: "set"; members: unknown[] }
  | { kind: "error"; name: string; message: string }
  | { kind: "plain"; value: unknown };

/** Null: an ordinary value. */
export function tagOf(value: object): Tagged | null {
  const keys = Object.keys(value);
  const key = keys[0];
  if (keys.length !== 1 || key === undefined || !key.startsWith("$")) return null;
  const inner: unknown = (value as Record<string, unknown>)[key];
  switch (key) {
    case "$date":
      return typeof inner === "string" ? { kind: "date", text: inner } : null;
    case "$bigint":
      return typeof inner === "string" ? { kind: "bigint", text: inner } : null;
    case "$value":
      return typeof inner === "string" ? { kind: "special", text: inner } : null;
    case "$bytes":
      return typeof inner === "string"
        ? { kind: "bytes", base64: inner, size: Math.floor((inner.replace(/=+$/, "").length * 3) / 4) }
        : null;
    case "$map":
      return Array.isArray(inner) && inner.every((one) => Array.isArray(one) && one.length === 2)
        ? { kind: "map", entries: inner as [unknown, unknown][] }
        : null;
    case "$set":
      return Array.isArray(inner) ? { kind: "set", members: inner } : null;
    case "$error":
      return errorTag(inner);
    case "$plain":
      return { kind: "plain", value: inner };
    default:
      return null;
  }
}

function errorTag(inner: unknown): Tagged | null {
  if (typeof inner !== "object" || inner === null) return null;
  const { name, message } = inner as { name?: unknown; message?: unknown };
  return {
    kind: "error",
    name: typeof name === "string" ? name : "Error",
    message: typeof message === "string" ? message : "",
  };
}
