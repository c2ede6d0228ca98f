// Holds the web app to the same law as src/: small files that say what they are for, and nothing of Quern but the contract's types.
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const maxLines = 450;
const maxFiles = 25;
const root = fileURLToPath(new URL("../web", import.meta.url));
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.(?:tsx?|css)$/.test(path))
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
const code = files.filter(({ path }) => /\.tsx?$/.test(path));

describe("the web app's sources", () => {
  it("are there", () => expect(code.length).toBeGreaterThan(50));

  it(`have fewer than ${maxLines} lines each, and fewer than ${maxFiles} in a folder`, () => {
    const folders = [...new Set(code.map(({ path }) => posix.dirname(path)))];
    const inFolder = (folder: string): number =>
      code.filter(({ path }) => posix.dirname(path) === folder).length;
    expect(folders.filter((folder) => inFolder(folder) >= maxFiles)).toEqual([]);
    expect(files.filter(({ text }) => text.split("\n").length >= maxLines).map(({ path }) => path)).toEqual(
      [],
    );
  });

  it("say in their first line what they are for", () => {
    expect(code.filter(({ text }) => !/^\/\/ \S.{15,}/.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it("know of the server only the types of its contract", () => {
    const outside = code.flatMap(({ path, text }) =>
      [...text.matchAll(/^import (type )?[^;]*? from "((?:\.\.\/)+src\/[^"]+)"/gms)]
        .filter(([, type, from]) => type === undefined || !from?.endsWith("src/admin/contract.ts"))
        .map(([statement]) => `${path}: ${statement}`),
    );
    expect(outside).toEqual([]);
  });

  it("name no other host, and write no markup from text", () => {
    const found = files.filter(({ text }) =>
      /https?:\/\/(?!www\.w3\.org)|innerHTML|dangerouslySetInnerHTML|insertAdjacentHTML|document\.write/.test(
        text,
      ),
    );
    expect(found.map(({ path }) => path)).toEqual([]);
  });

  it("use sides that follow the direction of writing", () => {
    const sided =
      /(?<![\w-])(?:margin|padding|border)-(?:left|right)|(?<![\w-])(?:left|right)\s*:|text-align:\s*(?:left|right)/;
    const found = files.filter(({ path, text }) => path.endsWith(".css") && sided.test(text));
    expect(found.map(({ path }) => path)).toEqual([]);
  });
});
