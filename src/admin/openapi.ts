// The table of routes as an OpenAPI document.
import { version } from "../client/version.ts";
import { answers, named } from "./answers.ts";
import { jsonSchemaOf } from "./body.ts";
import { text } from "./json-schema.ts";
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
      schemas: answers,
    },
    security: [{ bearer: [] }],
    paths,
  };
}

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
    responses: responsesOf(route),
  };
}

const isChange = (route: Route): boolean => route.needs === "verb" && route.verb === "change";

const answer = (description: string, schema: object): object => ({
  description,
  content: { "application/json": { schema } },
});

function responsesOf(route: Route): Record<string, object> {
  const { path, says, answers: success } = route;
  const failed = { default: answer("What went wrong, and what to do about it", named("Error")) };
  if (success === "events")
    return { 200: { description: says, content: { "text/event-stream": { schema: text } } }, ...failed };
  const schema = named(success);
  const adds = route.needs === "verb" && route.verb === "add";
  return {
    200: answer(adds ? "Checked, not added" : says, schema),
    ...(adds ? { 201: answer(says, schema) } : {}),
    ...(success === "ActionAnswer" ? { 202: answer("It goes on in the background", schema) } : {}),
    ...(path === "health" ? { 503: answer("It is not well", schema) } : {}),
    ...failed,
  };
}
