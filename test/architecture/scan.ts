// Reads a TypeScript source just far enough for the architecture test: its imports, its code without comments, its strings.

export interface Source {
  /** Relative to src/: "core/id.ts". */
  path: string;
  text: string;
}

export interface Import {
  specifier: string;
  /** `import type`, `export type` and `typeof import()`: gone after the build. */
  typeOnly: boolean;
  /** `import()` or `require()`: loaded when reached. */
  dynamic: boolean;
}

export interface Scanned extends Source {
  imports: Import[];
  /** Whether it has an `import()` of something else than a plain string. */
  importsComputed: boolean;
  /** The text with comments and the insides of strings blanked; every position is as in `text`. */
  code: string;
  strings: string[];
}

export function scan(source: Source): Scanned {
  const { code, strings } = blank(source.text);
  const importsComputed = /(?<![.\w])import\s*\(\s*(?!["'])/.test(code);
  return {
    ...source,
    code,
    strings: strings.map((it) => it.value),
    imports: findImports(code, strings),
    importsComputed,
  };
}

interface Literal {
  /** Where its opening quote stands. */
  at: number;
  value: string;
}

const statementImport =
  /\b(?:import|export)\s+(type\s+)?(?:[\w$*{},\s]+?\sfrom|[\w$*{},\s]*\}\s*from)?\s*(?=["'])/g;
const callImport = /(\btypeof\s+)?\b(?:import|require)\s*\(\s*(?=["'`])/g;

function findImports(code: string, strings: Literal[]): Import[] {
  const at = new Map(strings.map((it) => [it.at, it.value]));
  const found: Import[] = [];
  for (const match of code.matchAll(statementImport)) {
    const specifier = at.get(match.index + match[0].length);
    if (specifier !== undefined) found.push({ specifier, typeOnly: match[1] !== undefined, dynamic: false });
  }
  for (const match of code.matchAll(callImport)) {
    const specifier = at.get(match.index + match[0].length);
    if (specifier !== undefined) found.push({ specifier, typeOnly: match[1] !== undefined, dynamic: true });
  }
  return found;
}

// One pass with a stack, because a template may hold code that holds a template.
function blank(text: string): { code: string; strings: Literal[] } {
  const out = text.split("");
  const strings: Literal[] = [];
  const templates: number[] = []; // for each open ${ the depth of braces inside it
  let i = 0;

  const hide = (from: number, to: number): void => {
    for (let k = from; k < to; k++) if (out[k] !== "\n") out[k] = " ";
  };
  const template = (from: number): void => {
    while (i < text.length && text[i] !== "`" && !text.startsWith("${", i)) i += text[i] === "\\" ? 2 : 1;
    strings.push({ at: from - 1, value: text.slice(from, i) });
    hide(from, i);
    if (text[i] === "`") i += 1;
    else {
      templates.push(0);
      i += 2;
    }
  };

  while (i < text.length) {
    const char = text[i] as string;
    if (text.startsWith("//", i) || (i === 0 && text.startsWith("#!"))) {
      const end = text.indexOf("\n", i);
      const to = end === -1 ? text.length : end;
      hide(i, to);
      i = to;
    } else if (text.startsWith("/*", i)) {
      const end = text.indexOf("*/", i + 2);
      const to = end === -1 ? text.length : end + 2;
      hide(i, to);
      i = to;
    } else if (char === '"' || char === "'") {
      const from = i + 1;
      i = from;
      while (i < text.length && text[i] !== char && text[i] !== "\n") i += text[i] === "\\" ? 2 : 1;
      strings.push({ at: from - 1, value: text.slice(from, i) });
      hide(from, i);
      i += 1;
    } else if (char === "`") {
      i += 1;
      template(i);
    } else if (char === "/" && regexMayStand(out, i)) {
      const from = i + 1;
      i = endOfRegex(text, from);
      hide(from, i);
      i += 1;
    } else if (templates.length > 0 && (char === "{" || char === "}")) {
      const depth = templates.pop() as number;
      i += 1;
      if (char === "{") templates.push(depth + 1);
      else if (depth > 0) templates.push(depth - 1);
      else template(i);
    } else {
      i += 1;
    }
  }
  return { code: out.join(""), strings };
}

function endOfRegex(text: string, from: number): number {
  let inClass = false;
  let i = from;
  for (; i < text.length && text[i] !== "\n"; i++) {
    if (text[i] === "\\") i += 1;
    else if (text[i] === "[") inClass = true;
    else if (text[i] === "]") inClass = false;
    else if (text[i] === "/" && !inClass) break;
  }
  return i;
}

// After a value a slash divides, elsewhere it opens a regular expression.
function regexMayStand(out: string[], at: number): boolean {
  let k = at - 1;
  while (k >= 0 && /\s/.test(out[k] as string)) k -= 1;
  if (k < 0) return true;
  if (!/[\w$)\]}"'`]/.test(out[k] as string)) return true;
  const word = /[\w$]+$/.exec(out.slice(Math.max(0, k - 12), k + 1).join(""))?.[0];
  return word !== undefined && /^(return|typeof|case|in|of|do|else|void|await|yield)$/.test(word);
}
