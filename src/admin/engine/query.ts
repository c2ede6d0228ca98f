// The search box: words, phrases and field:value, to conditions. A mistake says where in the text it is.
import type { Condition } from "../../store/browse.ts";
import type { AnyModel, Term } from "./model-admin.ts";
import { durationOf, parseMoment, type Span } from "./moments.ts";

export interface Position {
  from: number;
  to: number;
}

export class BadQuery extends Error {
  readonly position: Position;

  constructor(message: string, { from, to }: Position) {
    super(message);
    this.position = { from, to };
  }
}

const longestQuery = 2_048;
const mostParts = 64;

/** `query = part { part }`, `part = [ "-" ] ( word | phrase | field ":" value { "," value } )`. */
interface Part extends Position {
  negated: boolean;
  field: string | null;
  values: (Position & { text: string; quoted: boolean })[];
}

export interface QueryMeaning {
  now: number;
  timeZone: string;
}

export function parseQuery(text: string, model: AnyModel, meaning: QueryMeaning): Condition[] {
  if (text.length > longestQuery)
    throw new BadQuery(`expected at most ${longestQuery} characters`, {
      from: longestQuery,
      to: text.length,
    });
  const odd = /[\u0000-\u001f\u007f\ud800-\udfff]/u.exec(text);
  if (odd !== null)
    throw new BadQuery("control characters can't be searched for", { from: odd.index, to: odd.index + 1 });
  const parts = partsOf(text);
  const over = parts[mostParts];
  if (over !== undefined)
    throw new BadQuery(`expected at most ${mostParts} words`, { from: over.from, to: text.length });
  return [...parts.map((part) => conditionOf(part, model, meaning)), ...unshown(parts, model)];
}

/** Names of secrets, as redaction knows them, and what stands between such a name and its secret. */
const secretNames = [
  "password",
  "passwd",
  "token",
  "secret",
  "authorization",
  "apikey",
  "api-key",
  "api_key",
  "cookie",
];
const givers = [":", "="];

/**
 * A text in which something may be redacted is found by no part of it: trying letter by letter would else tell what it is. (Conditions
 * go to engines, which do not redact; so this is asked of the text as a whole, and rather too often than too seldom.)
 */
function unshown(parts: readonly Part[], model: AnyModel): Condition[] {
  const looked = parts.flatMap(({ field }) => {
    const term = field === null ? undefined : termOf(field, model);
    if (field === null) return model.search;
    return term?.as === "contains" && term.redacted !== true ? [term.field] : [];
  });
  const holds = (field: string, texts: readonly string[]): Condition => ({
    is: "any",
    conditions: texts.map((text) => ({ field, is: "contains", text })),
  });
  return [...new Set(looked)].map((field) => ({
    is: "not",
    condition: { is: "all", conditions: [holds(field, secretNames), holds(field, givers)] },
  }));
}

function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  const skip = (): void => {
    while (text[at] === " ") at++;
  };
  const value = (stopAtComma: boolean): Part["values"][number] => {
    const from = at;
    if (text[at] !== '"') {
      while (at < text.length && text[at] !== " " && !(stopAtComma && text[at] === ",")) at++;
      return { text: text.slice(from, at), quoted: false, from, to: at };
    }
    const end = text.indexOf('"', at + 1);
    if (end < 0) throw new BadQuery("this quote has no end", { from, to: text.length });
    at = end + 1;
    return { text: text.slice(from + 1, end), quoted: true, from, to: at };
  };
  for (skip(); at < text.length; skip()) {
    const from = at;
    const negated = text[at] === "-";
    if (negated) at++;
    const field = /^[a-zA-Z][a-zA-Z.]{0,40}(?=:)/.exec(text.slice(at, at + 60))?.[0] ?? null;
    if (field !== null) at += field.length + 1;
    const values = [value(field !== null)];
    while (field !== null && text[at] === ",") {
      at++;
      values.push(value(true));
    }
    const empty = values.find((one) => one.text === "" && !(one.quoted && field !== null));
    if (empty !== undefined)
      throw new BadQuery(field === null ? "expected a word here" : `expected a value after "${field}:"`, {
        from,
        to: Math.max(at, from + 1),
      });
    parts.push({ negated, field, values, from, to: at });
  }
  return parts;
}

function conditionOf(part: Part, model: AnyModel, meaning: QueryMeaning): Condition {
  const wanted: Condition[] = part.values.map((value) => {
    if (part.field === null) return anywhere(value.text, model);
    const term = termOf(part.field, model);
    if (term === undefined)
      throw new BadQuery(`there is no field "${part.field}" here; known are ${termNames(model).join(", ")}`, {
        from: part.from,
        to: part.from + part.field.length + (part.negated ? 1 : 0),
      });
    if (value.text === "*" && !value.quoted)
      return { is: "not", condition: { field: term.field, is: "null" } };
    const condition = valueCondition(term, value.text);
    if (condition === undefined)
      throw new BadQuery(`expected ${expected[term.as]} for "${part.field}"`, value);
    return condition;
  });
  const [first] = wanted;
  const condition: Condition =
    wanted.length === 1 && first !== undefined ? first : { is: "any", conditions: wanted };
  return part.negated ? { is: "not", condition } : condition;

  function valueCondition({ field, as }: Term, text: string): Condition | undefined {
    switch (as) {
      case "exact":
        return { field, is: "in", values: [text] };
      case "contains":
        return { field, is: "contains", text };
      case "has":
        return { field, is: "has", value: text };
      case "number":
        return range(field, text, (one) =>
          /^-?\d{1,9}$/.test(one) ? { from: Number(one), to: Number(one) + 1 } : undefined,
        );
      case "duration":
        return range(field, text, (one) => {
          const ms = durationOf(one);
          return ms === undefined ? undefined : { from: ms, to: ms + 1 };
        });
      case "moment":
        return range(field, text, (one) => parseMoment(one, meaning.now, meaning.timeZone));
    }
  }

  /** `>a`, `>=a`, `<a`, `<=a`, `a..b` or `a`. */
  function range(
    field: string,
    text: string,
    read: (one: string) => Span | undefined,
  ): Condition | undefined {
    const [, sign = "", rest = ""] = /^(>=|<=|>|<)?(.*)$/.exec(text) ?? [];
    if (rest.includes("..")) {
      if (sign !== "") return undefined;
      const [a = "", b = "", ...more] = rest.split("..");
      const [from, to] = [a === "" ? {} : read(a), b === "" ? {} : read(b)];
      if (more.length > 0 || from === undefined || to === undefined || (a === "" && b === ""))
        return undefined;
      return between(field, { ...pick("from", from.from), ...pick("to", to.to) });
    }
    const span = read(rest);
    if (span === undefined) return undefined;
    switch (sign) {
      case ">":
        return between(field, pick("from", span.to ?? span.from));
      case ">=":
        return between(field, pick("from", span.from));
      case "<":
        return between(field, pick("to", span.from));
      case "<=":
        return between(field, pick("to", span.to ?? span.from));
      default:
        return between(field, span);
    }
  }
}

function pick(end: "from" | "to", value: number | undefined): Span {
  return value === undefined ? {} : { [end]: value };
}

function between(field: string, span: Span): Condition {
  return { field, is: "between", ...span };
}

function anywhere(text: string, model: AnyModel): Condition {
  return { is: "any", conditions: model.search.map((field) => ({ field, is: "contains", text })) };
}

const expected: Record<Term["as"], string> = {
  exact: "a value",
  contains: "a text",
  has: "a value",
  number: "a number, such as 3, >3 or 3..5",
  duration: "a duration, such as 30s, >1m or 1s..5s",
  moment: "a moment, such as 1h, 2026-11-01 or 2026-11-01..2026-11-07",
};

function termOf(name: string, model: AnyModel): Term | undefined {
  const named = model.terms;
  if (named !== undefined && Object.hasOwn(named, name)) return named[name];
  if (!Object.hasOwn(model.source.fields, name)) return undefined;
  return { field: name, as: model.source.fields[name] === "number" ? "number" : "exact" };
}

function termNames(model: AnyModel): string[] {
  return [...new Set([...Object.keys(model.terms ?? {}), ...model.search])];
}
