// What a schedule would do, told while one types: its times in words, and the next of them.
import type { Call } from "../app.ts";
import type { BodySchema } from "../body.ts";
import type { PreviewAnswer, PreviewRequest } from "../contract.ts";
import { exists } from "../engine/list.ts";
import { refusedCall } from "../models/refused-call.ts";
import { scheduleAdmin } from "../models/schedule.ts";
import { previewOf, timeUnsaid, warningsOf } from "../models/schedule-form.ts";
import { json, Refusal } from "../respond.ts";

export const previewBody: BodySchema = {
  values: { as: "values" },
  id: { as: "text", most: 255, optional: true },
  count: { as: "number", optional: true },
};

export async function preview({ body, ctx }: Call): Promise<Response> {
  const { values, id, count } = body as unknown as PreviewRequest;
  const found = id === undefined ? null : await scheduleAdmin.source.get(ctx, id);
  const row = found !== null && (await exists("schedule", scheduleAdmin, found, ctx)) ? found : null;
  const unsaid = timeUnsaid(row, values);
  if (unsaid !== undefined) throw new Refusal(422, "invalid", unsaid, { fields: { nextRun: unsaid } });
  try {
    const warnings = await warningsOf(values, ctx);
    return json({ ...previewOf(values, ctx, row, count), warnings } satisfies PreviewAnswer);
  } catch (error) {
    const { fields } = refusedCall(error);
    throw new Refusal(422, "invalid", Object.values(fields)[0] ?? "", { fields });
  }
}
