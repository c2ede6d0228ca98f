// The table of routes as an OpenAPI document.
import { version } from "../client/version.ts";
import { jsonSchemaOf } from "./body.ts";
import type { Route } from "./routes.ts";

export function openapiOf(routes: readonly Route[], label: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = `/${route.path.replace(/:(\w+)/g, "{$1}")}`;
    (paths[path] ??= {})[route.method.toLowerCase()] = operationOf(route);
  }
  return {
    openapi: "3.1.0",
    info: { title: `${label}: admin`, version },
    servers: [{ url: "." }],
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
      schemas: { Error: errorSchema },
    },
    security: [{ bearer: [] }],
    paths,
  };
}

const text = { type: "string" };
const optionalText = { type: ["string", "null"] };
const strict = (
  properties: Record<string, unknown>,
  required: readonly string[],
): Record<string, unknown> => ({
  type: "object",
  additionalProperties: false,
  required,
  properties,
});

/** `ErrorAnswer` of contract.ts. */
const errorSchema = strict(
  {
    error: strict(
      {
        ...{ code: text, message: text, hint: optionalText, requestId: text },
        fields: { type: "object", additionalProperties: text, description: "422: by the name of the field" },
        position: strict({ from: { type: "integer" }, to: { type: "integer" } }, ["from", "to"]),
        current: { type: "object", description: "409: the row as it is now, as its own address answers it" },
        by: strict({ who: text, at: { type: "integer" }, action: text }, ["who", "at", "action"]),
      },
      ["code", "message", "hint", "requestId"],
    ),
  },
  ["error"],
);

const ofLists = ["q", "sort", "after", "before", "limit", "columns", "ids"];

/** Besides, any name of a filter that the model's description has, several times for several values. */
const filters = {
  name: "filters",
  in: "query",
  style: "form",
  explode: true,
  schema: { type: "object", additionalProperties: { type: "array", items: text } },
};

function operationOf(route: Route): Record<string, unknown> {
  const { path, says, query, body, needs } = route;
  const names: readonly string[] = query === "list" ? ofLists : (query ?? []);
  const inPath = Array.from(path.matchAll(/:(\w+)/g), ([, name]) => name);
  return {
    summary: says,
    "x-permission":
      route.needs === "permission"
        ? route.permission
        : route.needs === "verb"
          ? `{model}.${route.verb}`
          : needs,
    ...(needs === "nothing" ? { security: [] } : {}),
    parameters: [
      ...inPath.map((name) => ({ name, in: "path", required: true, schema: text })),
      ...names.map((name) => ({ name, in: "query", schema: text })),
      ...(query === "list" ? [filters] : []),
      ...(isChange(route) ? [{ name: "If-Match", in: "header", required: true, schema: text }] : []),
    ],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: jsonSchemaOf(body) } } } }),
    responses: { ...successesOf(route), default: failure },
  };
}

const isChange = (route: Route): boolean => route.needs === "verb" && route.verb === "change";

const failure = {
  description: "What went wrong, and what to do about it",
  content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
};

function successesOf({ path, method, says, ...route }: Route): Record<string, unknown> {
  const content = { [path === "stream" ? "text/event-stream" : "application/json"]: {} };
  const answer = { description: says, content };
  if (route.needs === "verb" && route.verb === "add")
    return { 200: { description: "Checked, not added", content }, 201: answer };
  const goesOn = route.needs === "action" && method === "POST" && !path.endsWith("/preview");
  return {
    200: answer,
    ...(goesOn ? { 202: { description: "It goes on in the background", content } } : {}),
  };
}
