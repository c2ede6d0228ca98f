// A task function as forms need it: whether it is known here, and what its input looks like.
import { inputJsonSchema } from "../../core/schema.ts";
import type { Call } from "../app.ts";
import type { FunctionAnswer } from "../contract.ts";
import { shapeOf } from "../engine/input-shape.ts";
import { json } from "../respond.ts";

export async function read({ params, ctx }: Call): Promise<Response> {
  const func = params["func"] ?? "";
  const known = ctx.client.registry.find(func);
  const input = shapeOf(inputJsonSchema(known?.schema), (text) => ctx.redaction.value(text, func));
  return json({ known: known !== undefined, input } satisfies FunctionAnswer);
}
