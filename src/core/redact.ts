// Keeps secrets out of what is shown and searched: by the names of keys, at any depth, and by the paths that the application names.

export const redacted = "•••";

const secretKey = /password|passwd|token|secret|authorization|api[-_]?key|cookie/i;

// In sentences: a name of that kind, a colon or an equals sign, and what follows it.
const secretText =
  /((?:password|passwd|token|secret|authorization|api[-_]?key|cookie)[\w-]{0,30}["']?\s{0,4}[:=]\s{0,4})(?:(?:bearer|basic)\s{1,4})?("[^"]{0,2000}"|'[^']{0,2000}'|[^\s"',;&}\])]{1,2000})/gi;

/** Secrets in a message, a stack or a log line. */
export function redactText(text: string): string {
  return text.replace(secretText, `$1${redacted}`);
}

/** A value as the codec wrote it, with what is secret in it replaced. A text that is no JSON is taken for a sentence. */
export function redactValue(text: string, paths: readonly string[] = []): string {
  try {
    return JSON.stringify(
      walk(
        JSON.parse(text) as unknown,
        paths.map((path) => path.split(".")),
      ),
    );
  } catch {
    return redactText(text);
  }
}

/** What came back from a form: where the mark was left standing, what is stored stays. A text that is no JSON is left as it is. */
export function restoreRedacted(given: string, stored: string): string {
  if (!given.includes(redacted)) return given;
  try {
    return JSON.stringify(restored(JSON.parse(given), JSON.parse(stored)));
  } catch {
    return given;
  }
}

function restored(given: unknown, stored: unknown): unknown {
  if (typeof given === "string" && given.includes(redacted))
    return given === redacted || given === (typeof stored === "string" ? redactText(stored) : null)
      ? stored
      : given;
  if (typeof given !== "object" || given === null || typeof stored !== "object" || stored === null)
    return given;
  if (Array.isArray(given)) return given.map((item, index) => restored(item, (stored as unknown[])[index]));
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => [
      key,
      Object.hasOwn(stored, key) ? restored(value, (stored as Record<string, unknown>)[key]) : value,
    ]),
  );
}

function walk(value: unknown, paths: readonly (readonly string[])[]): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item, index) => child(item, String(index), paths));
  const keys = Object.keys(value);
  const entries = value as Record<string, unknown>;
  // A Map of the codec: its keys stand beside their values.
  if (keys.length === 1 && keys[0] === "$map" && Array.isArray(entries["$map"]))
    return {
      $map: entries["$map"].map((entry: unknown) => (Array.isArray(entry) ? mapEntry(entry, paths) : entry)),
    };
  const walked = keys.map((key) => [key, child(entries[key], key, paths)] as const);
  return Object.fromEntries(walked);
}

function mapEntry([key, value]: unknown[], paths: readonly (readonly string[])[]): unknown[] {
  return [walk(key, []), typeof key === "string" ? child(value, key, paths) : walk(value, paths)];
}

function child(value: unknown, key: string, paths: readonly (readonly string[])[]): unknown {
  const here = paths.filter(([first]) => first === key || first === "*").map((path) => path.slice(1));
  if (here.some((path) => path.length === 0)) return redacted;
  // Tags of the codec are no names of the application's.
  if (!key.startsWith("$") && secretKey.test(key) && value !== null && value !== "") return redacted;
  return walk(value, key.startsWith("$") ? paths : here);
}
