// What the first visit costs, and every later part: bytes as they travel, gzip.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

const firstLoad = 200_000;
const laterPart = 60_000;

interface Entry {
  file: string;
  css?: string[];
  imports?: string[];
  dynamicImports?: string[];
}

const built = new URL("../../../dist/web/", import.meta.url);
const read = (name: string): Buffer => readFileSync(fileURLToPath(new URL(name, built)));
const manifest = JSON.parse(read("manifest.json").toString("utf8")) as Record<string, Entry>;

/** The files of an entry and of all it imports at once. */
function filesOf(key: string, seen = new Set<string>()): Set<string> {
  const entry = manifest[key];
  if (!entry || seen.has(entry.file)) return seen;
  seen.add(entry.file);
  for (const css of entry.css ?? []) seen.add(css);
  for (const other of entry.imports ?? []) filesOf(other, seen);
  return seen;
}

const size = (files: Iterable<string>): number =>
  [...files].reduce((sum, file) => sum + gzipSync(read(file), { level: 9 }).length, 0);

const first = filesOf("index.html");
// Before the first list can be used, nothing else is fetched but the early file of the looks.
first.add(manifest["src/scheme.ts"]?.file ?? "");

const later = Object.keys(manifest).filter(
  (key) => manifest["index.html"]?.dynamicImports?.includes(key) || isLater(key),
);

function isLater(key: string): boolean {
  return Object.values(manifest).some((entry) => entry.dynamicImports?.includes(key));
}

describe("bytes", () => {
  it(`the first load is at most ${firstLoad}`, () => {
    expect(size(first)).toBeLessThanOrEqual(firstLoad);
  });

  it("there are parts that come later", () => expect(later.length).toBeGreaterThan(4));

  it.each(later)(`%s, with what it alone brings, is at most ${laterPart}`, (key) => {
    const own = [...filesOf(key)].filter((file) => !first.has(file));
    expect(size(own)).toBeLessThanOrEqual(laterPart);
  });

  it("Mantine is no part of the first load", () => {
    expect([...first].some((file) => read(file).includes("MantineProvider"))).toBe(false);
  });
});
