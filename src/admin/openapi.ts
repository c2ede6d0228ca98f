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
    components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
    security: [{ bearer: [] }],
    paths,
  };
}

function operationOf(route: Route): Record<string, unknown> {
  const { path, says, query, body, needs } = route;
  const names = Array.isArray(query)
    ? query
    : query === "list"
      ? ["q", "sort", "after", "before", "limit", "columns", "ids"]
      : [];
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
      ...inPath.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
      ...names.map((name: string) => ({ name, in: "query", schema: { type: "string" } })),
    ],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: jsonSchemaOf(body) } } } }),
    responses: {
      default: {
        description: "JSON; anything but success is { error: { code, message, hint, requestId, fields? } }",
      },
    },
  };
}
