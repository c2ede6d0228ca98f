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

/** Where in a value: keys and positions from the outside in. */
type Path = readonly (string | number)[];

/**
 * What came back from a form: where the mark was left standing, what is stored stays. Entries of lists may have been moved, added and
 * removed: each is found again by what is not hidden in it. `lost`: the marks that nothing certain stands for. A text that is no JSON is
 * left as it is.
 */
export function restoreRedacted(given: string, stored: string): { text: string; lost: Path[] } {
  const lost: Path[] = [];
  if (!given.includes(redacted)) return { text: given, lost };
  try {
    return { text: JSON.stringify(restored(JSON.parse(given), JSON.parse(stored), [], lost)), lost };
  } catch {
    return { text: given, lost: [] };
  }
}

const nowhere = Symbol("nowhere");
/** In longer lists entries stay where they stand: each is held against each, and a list of a thousand held up everybody for seconds. */
const mostMatched = 200;

function restored(given: unknown, stored: unknown, path: Path, lost: Path[]): unknown {
  if (given === redacted && stored === nowhere) lost.push(path);
  if (typeof given === "string") return stored !== nowhere && isSame(given, stored) ? stored : given;
  if (typeof given !== "object" || given === null) return given;
  if (Array.isArray(given)) {
    const from: unknown[] | null = Array.isArray(stored) ? stored : null;
    return given.map((item, index) =>
      restored(item, from === null ? nowhere : originOf(index, given, from), [...path, index], lost),
    );
  }
  const known = typeof stored === "object" && stored !== null ? (stored as Record<string, unknown>) : {};
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => [
      key,
      restored(value, Object.hasOwn(known, key) ? known[key] : nowhere, [...path, key], lost),
    ]),
  );
}

/** The stored entry that a given one is, as far as that is certain. */
function originOf(index: number, given: readonly unknown[], stored: readonly unknown[]): unknown {
  const item = given[index];
  const areAsMany = given.length === stored.length;
  if (areAsMany && isSame(item, stored[index])) return stored[index];
  if (given.length > mostMatched || stored.length > mostMatched) return nowhere;
  const [first, ...others] = stored.filter((one) => isSame(item, one)).map((one) => JSON.stringify(one));
  if (first !== undefined) return others.every((other) => other === first) ? JSON.parse(first) : nowhere;
  // It alone was changed, where it stood.
  return areAsMany && given.every((other, place) => place === index || isSame(other, stored[place]))
    ? stored[index]
    : nowhere;
}

/** The same but for what is hidden. */
function isSame(given: unknown, stored: unknown): boolean {
  if (given === stored || given === redacted) return true;
  if (typeof given === "string")
    return given.includes(redacted) && typeof stored === "string" && given === redactText(stored);
  if (typeof given !== "object" || given === null || typeof stored !== "object" || stored === null)
    return false;
  const [keys, others] = [Object.keys(given), Object.keys(stored)];
  return (
    Array.isArray(given) === Array.isArray(stored) &&
    keys.length === others.length &&
    keys.every(
      (key) =>
        Object.hasOwn(stored, key) &&
        isSame((given as Record<string, unknown>)[key], (stored as Record<string, unknown>)[key]),
    )
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
