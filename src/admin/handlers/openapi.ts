// The OpenAPI document, made from the table of routes by whoever serves it.
import type { Call } from "../app.ts";
import { json } from "../respond.ts";

export async function read({ app }: Call): Promise<Response> {
  return json(app.openapi());
}
