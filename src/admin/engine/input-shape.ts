// The JSON Schema of an input to the shape of a form; what a form can't show is left to JSON.
import { momentFormat } from "../../core/schema.ts";
import type { Shape, ShapeField } from "../form-contract.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

const json: Shape = { as: "json" };
/** So many objects may lie in each other, in lists or not. */
const deepest = 4;
const mostFields = 100;

/** Hides what is secret in an input, given as JSON text. */
export type Hide = (input: string) => string;

interface Place {
  path: readonly string[];
  depth: number;
  hide: Hide;
}

/** Null: no form can be made of it. */
export function shapeOf(schema: JsonSchema | null, hide: Hide): Shape | null {
  const shape = read(schema, { path: [], depth: 0, hide });
  return shape.as === "json" || (shape.as === "object" && shape.fields.length === 0) ? null : shape;
}

function read(schema: unknown, place: Place): Shape {
  if (!isObject(schema) || place.depth > deepest) return json;
  const alternatives = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(alternatives)) return readAlternatives(alternatives, place);
  if (["$ref", "allOf", "not", "if"].some((key) => key in schema)) return json;
  const { type } = schema;
  if (Array.isArray(type)) {
    const types = type.filter((one) => one !== "null");
    return types.length === 1
      ? nullableIf(type.length > 1, read({ ...schema, type: types[0] }, place))
      : json;
  }
  const options: unknown = "const" in schema ? [schema["const"]] : schema["enum"];
  if (Array.isArray(options)) return readOptions(options);
  switch (type) {
    case "string":
      return readText(schema);
    case "number":
    case "integer":
      return { as: "number", whole: type === "integer", ...bounds(schema, "minimum", "maximum") };
    case "boolean":
      return { as: "switch" };
    case "array":
      return readList(schema, place);
    case "object":
      return readObject(schema, place);
    default:
      return json;
  }
}

function readAlternatives(alternatives: unknown[], place: Place): Shape {
  const isNull = (one: unknown): boolean => isObject(one) && one["type"] === "null";
  const others = alternatives.filter((one) => !isNull(one));
  const nullable = others.length < alternatives.length;
  if (others.length === 1) return nullableIf(nullable, read(others[0], place));
  const shapes = others.map((one) => read(one, place));
  const options = shapes.flatMap((shape) => (shape.as === "choice" ? shape.options : []));
  return shapes.every(({ as }) => as === "choice") ? nullableIf(nullable, { as: "choice", options }) : json;
}

/** JSON shows null as well as it shows all else. */
function nullableIf(nullable: boolean, shape: Shape): Shape {
  return nullable && shape.as !== "json" ? { ...shape, nullable: true } : shape;
}

function readOptions(given: unknown[]): Shape {
  const options = given.filter((one) => one !== null);
  const plain = options.every(
    (one): one is string | number | boolean =>
      typeof one === "string" || typeof one === "number" || typeof one === "boolean",
  );
  if (!plain || options.length === 0) return json;
  return nullableIf(options.length < given.length, { as: "choice", options });
}

function readText(schema: JsonSchema): Shape {
  const { format } = schema;
  if (format === momentFormat) return { as: "moment" };
  return {
    as: "text",
    ...(typeof format === "string" ? { format } : {}),
    ...bounds(schema, "minLength", "maxLength"),
  };
}

const entries: readonly Shape["as"][] = ["text", "number", "choice", "moment", "object"];

function readList(schema: JsonSchema, place: Place): Shape {
  if ("prefixItems" in schema) return json;
  const of = read(schema["items"], { ...place, path: [...place.path, "0"] });
  if (!entries.includes(of.as) || of.nullable === true) return json;
  return { as: "list", of, ...bounds(schema, "minItems", "maxItems") };
}

function readObject(schema: JsonSchema, place: Place): Shape {
  const { properties, required } = schema;
  if (!isObject(properties)) return json;
  const names = Object.keys(properties);
  // An object of one key that begins so is a tag of the codec.
  if (names.length > mostFields || names.some((name) => name.startsWith("$"))) return json;
  return {
    as: "object",
    fields: names.map((name): ShapeField => {
      const field = properties[name];
      const said = isObject(field) ? field : {};
      return {
        name,
        title: wordsIn(said["title"]),
        help: wordsIn(said["description"]),
        required: Array.isArray(required) && required.includes(name),
        initial: "default" in said ? shown(said["default"], name, place) : null,
        shape: read(field, { ...place, path: [...place.path, name], depth: place.depth + 1 }),
      };
    }),
  };
}

/** A default as it may be seen: where it stands decides whether it is secret. */
function shown(value: unknown, name: string, { path, hide }: Place): string {
  const keys = [...path, name];
  const whole = keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
  const hidden = keys.reduce<unknown>(
    (outer, key) => (isObject(outer) ? outer[key] : outer),
    JSON.parse(hide(JSON.stringify(whole))),
  );
  return JSON.stringify(hidden);
}

function bounds(schema: JsonSchema, least: string, most: string): { least?: number; most?: number } {
  const said = (key: string): number | undefined => {
    const value = schema[key];
    // The ends of what a number can hold are no limits that anybody meant.
    return typeof value === "number" && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;
  };
  const [from, to] = [said(least), said(most)];
  return { ...(from === undefined ? {} : { least: from }), ...(to === undefined ? {} : { most: to }) };
}

function wordsIn(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value : null;
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
