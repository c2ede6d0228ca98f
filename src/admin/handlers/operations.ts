// Operations under way, and stopping one; the counts of the navigation; the stream of what changes.
import type { Call } from "../app.ts";
import type { CountsAnswer, OperationsAnswer } from "../contract.ts";
import type { AdminContext } from "../engine/admin-context.ts";
import { type Operation, operationState } from "../operations.ts";
import { json, Refusal } from "../respond.ts";

export async function list({ app, ctx }: Call): Promise<Response> {
  const all = await app.operations.list();
  const seen: Operation[] = [];
  for (const operation of all) if (await maySee(operation, ctx)) seen.push(operation);
  return json({ operations: seen.map(operationState) } satisfies OperationsAnswer);
}

export async function cancel({ app, params, ctx }: Call): Promise<Response> {
  const id = params["id"] ?? "";
  const standing = id.length > 64 ? null : await app.operations.find(id);
  if (standing === null || !(await maySee(standing, ctx)))
    throw new Refusal(404, "not-found", "There is no such operation.");
  const own = standing.by.name === ctx.user.name;
  if (!own && !(await ctx.can("operation.cancel", standing)))
    throw new Refusal(403, "forbidden", "You may not stop what somebody else began.");
  const operation = (await app.operations.cancel(id)) ?? standing;
  await ctx.store.audit(
    ctx.entry("operation.cancel", id, { before: standing.state, after: operation.state }),
  );
  return json(operationState(operation));
}

async function maySee(operation: Operation, ctx: AdminContext): Promise<boolean> {
  return operation.by.name === ctx.user.name || (await ctx.can("operation.cancel", operation));
}

export async function counts({ app, ctx }: Call): Promise<Response> {
  return json({ counts: await app.counts(ctx) } satisfies CountsAnswer);
}

export async function stream({ app, request, ctx }: Call): Promise<Response> {
  const models: string[] = [];
  for (const [name, admin] of app.models)
    if (admin.live && (await ctx.can(`${name}.view`))) models.push(name);
  const answer = app.live.stream({
    user: ctx.user,
    models,
    session: ["cookie", "authorization"].map((name) => request.headers.get(name) ?? "").join("\n"),
    stillIn: async () =>
      ctx.user.everything === true ||
      (await app.login?.user(request, ctx.store, false))?.name === ctx.user.name,
  });
  if (answer === null)
    throw new Refusal(503, "too-many-streams", "Too many pages are open.", {
      hint: "It is read every 5 s instead.",
    });
  return answer;
}
