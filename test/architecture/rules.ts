// The rules of the architecture test. Each reads all sources and answers with one sentence per breach.
import { posix } from "node:path";
import type { Import, Scanned } from "./scan.ts";

/** Where something may stand: a file, a folder with its slash ("cli/"), or both in a list. */
export type Places = readonly string[];

export interface Law {
  layers: Readonly<Record<string, Places>>;
  rootFiles: Readonly<Record<string, Places>>;
  rootImporters: Places;
  drawers: readonly string[];
  maxLines: number;
  maxFiles: number;
  corePlatform: readonly string[];
  words: ReadonlyArray<{ what: string; pattern: RegExp; places: Places; instead: string }>;
  engines: ReadonlyArray<{ name: string; pattern: RegExp; places: Places }>;
  libraries: Readonly<Record<string, { places: Places; lazy?: true }>>;
  computedImports: Places;
}

export type Rule = (sources: readonly Scanned[], law: Law) => string[];

const within = (path: string, places: Places): boolean =>
  places.some((place) => (place.endsWith("/") ? path.startsWith(place) : path === place));
const layerOf = (path: string): string => (path.includes("/") ? (path.split("/")[0] as string) : "");
const isOwnFile = (specifier: string): boolean => specifier.startsWith(".");
const isOwnName = (specifier: string): boolean => specifier === "quern" || specifier.startsWith("quern/");
const packageOf = (specifier: string): string =>
  specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

function targetOf(from: string, specifier: string): string {
  return isOwnName(specifier) ? "index.ts" : posix.normalize(posix.join(posix.dirname(from), specifier));
}

function ownImports(source: Scanned): Array<Import & { target: string }> {
  return source.imports
    .filter((it) => isOwnFile(it.specifier) || isOwnName(it.specifier))
    .map((it) => ({ ...it, target: targetOf(source.path, it.specifier) }));
}

/** A layer imports itself and the layers the law names; the files at the root compose, and few may import them. */
export const layers: Rule = (sources, law) =>
  sources.flatMap(({ path, ...source }) => {
    const layer = layerOf(path);
    const allowed = layer === "" ? law.rootFiles[path] : law.layers[layer];
    if (allowed === undefined) return [`src/${path}: "${layer || path}" is not in the table of layers`];
    return ownImports({ path, ...source }).flatMap(({ target }) => {
      if (target.startsWith("../")) return [`src/${path} imports ${target}, which is outside src/`];
      const other = layerOf(target);
      if (other === layer && layer !== "") return [];
      if (other === "") {
        const may = layer === "" || within(path, law.rootImporters);
        return may ? [] : [`src/${path} imports src/${target}: only ${law.rootImporters.join(", ")} may`];
      }
      return allowed.includes(other)
        ? []
        : [`src/${path} imports src/${target}: ${layer || path} may not import ${other}`];
    });
  });

/** No cycles; a type counts as much as a value, an `import()` as much as an import. */
export const cycles: Rule = (sources) => {
  const edges = new Map(sources.map((it) => [it.path, ownImports(it).map((own) => own.target)]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: string[]): void => {
    const seenAt = trail.indexOf(path);
    if (seenAt !== -1) found.push(`cycle: ${[...trail.slice(seenAt), path].join(" -> ")}`);
    if (seenAt !== -1 || done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return found;
};

/** Files and folders that one can hold in mind, and no drawers. */
export const sizes: Rule = (sources, law) => {
  const perFolder = new Map<string, number>();
  const found: string[] = [];
  for (const { path, text } of sources) {
    const folder = posix.dirname(path);
    perFolder.set(folder, (perFolder.get(folder) ?? 0) + 1);
    const lines = text.trimEnd().split("\n").length;
    if (lines >= law.maxLines)
      found.push(`src/${path} has ${lines} lines: split it before it has ${law.maxLines}`);
    if (path.split("/").length > 3) found.push(`src/${path} lies deeper than two folders under src/`);
    for (const part of path.replace(/\.[a-z]+$/, "").split("/")) {
      if (law.drawers.includes(part))
        found.push(`src/${path}: "${part}" says nothing; name it after what it does`);
    }
  }
  for (const [folder, count] of perFolder) {
    if (count >= law.maxFiles)
      found.push(`src/${folder} has ${count} files: split it before it has ${law.maxFiles}`);
  }
  return found;
};

/** The first line of each file (after a #! line) says what it is for. */
export const firstLines: Rule = (sources) =>
  sources
    .filter(({ text }) => !/^(#!.*\n)?\/\/ \S.{15,}/.test(text))
    .map(({ path }) => `src/${path}: the first line must be a comment that says what the file is for`);

/** Time, process, environment: each word of the table only where the table says. */
export const words: Rule = (sources, law) =>
  sources.flatMap(({ path, code, imports }) => {
    const fromProcess = imports.filter((it) => /^(node:)?(process|timers)(\/|$)/.test(it.specifier));
    return [
      ...fromProcess.map(
        (it) => `src/${path} imports ${it.specifier}: use the global, so that this test can see it`,
      ),
      ...law.words
        .filter((word) => !within(path, word.places) && word.pattern.test(code))
        .map(
          (word) =>
            `src/${path} uses ${word.pattern.exec(code)?.[0].trim()}: ${word.what} only in ${word.places.join(", ")}; ${word.instead}`,
        ),
    ];
  });

/** Engine names, in code and strings, only where the engine lives. Comments may name them. */
export const engines: Rule = (sources, law) =>
  sources.flatMap(({ path, code, strings }) =>
    law.engines
      .filter((engine) => !within(path, engine.places))
      .filter((engine) => [code, ...strings].some((text) => engine.pattern.test(text)))
      .map((engine) => `src/${path} names ${engine.name}: let the engine declare it (capabilities, dialect)`),
  );

/** Each library only in its files, the heavy ones by `import()`; of the platform, core has only what does no I/O. */
export const libraries: Rule = (sources, law) =>
  sources.flatMap(({ path, imports }) =>
    imports
      .filter(({ specifier }) => !isOwnFile(specifier) && !isOwnName(specifier))
      .flatMap(({ specifier, typeOnly, dynamic }) => {
        if (specifier.startsWith("node:") && !(specifier in law.libraries)) {
          const allowed = layerOf(path) !== "core" || law.corePlatform.includes(specifier);
          return allowed ? [] : [`src/${path} imports ${specifier}: core does no I/O`];
        }
        const library = law.libraries[specifier.startsWith("node:") ? specifier : packageOf(specifier)];
        if (library === undefined)
          return [`src/${path} imports ${specifier}, which is not in the table of libraries`];
        if (!within(path, library.places))
          return [`src/${path} imports ${specifier}: only ${library.places.join(", ")} may`];
        if (library.lazy && !dynamic && !typeOnly)
          return [`src/${path} imports ${specifier}: by import(), when it is needed`];
        return [];
      }),
  );

/** Nothing is imported by a path that stands in a row: `import(variable)` only where the table says. */
export const computedImports: Rule = (sources, law) =>
  sources
    .filter((it) => it.importsComputed && !within(it.path, law.computedImports))
    .map(
      ({ path }) => `src/${path} has an import() of a variable: only ${law.computedImports.join(", ")} may`,
    );
