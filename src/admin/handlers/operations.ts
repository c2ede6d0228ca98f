// Operations under way, and stopping one; the counts of the navigation; the stream of what changes.
import type { App, Call } from "../app.ts";
import type { CountsAnswer, OperationsAnswer } from "../contract.ts";
import type { AdminContext } from "../engine/admin-context.ts";
import type { Sight } from "../live.ts";
import { type Operation, operationState } from "../operations.ts";
import { json, Refusal } from "../respond.ts";

export async function list({ app, ctx }: Call): Promise<Response> {
  const all = await app.operations.list();
  const seen: Operation[] = [];
  for (const operation of all) if (await app.operations.mayFollow(operation, ctx.user)) seen.push(operation);
  return json({ operations: seen.map(operationState) } satisfies OperationsAnswer);
}

export async function cancel({ app, params, ctx }: Call): Promise<Response> {
  const id = params["id"] ?? "";
  const standing = id.length > 64 ? null : await app.operations.find(id);
  if (standing === null || !(await app.operations.mayFollow(standing, ctx.user)))
    throw new Refusal(404, "not-found", "There is no such operation.");
  const own = standing.by.name === ctx.user.name;
  if (!own && !(await ctx.can("operation.cancel", standing)))
    throw new Refusal(403, "forbidden", "You may not stop what somebody else began.");
  const entry = ctx.entry("operation.cancel", id, { before: "running", after: "cancelled" });
  const operation = (await app.operations.cancel(id, entry)) ?? standing;
  return json(operationState(operation));
}

export async function counts({ app, ctx }: Call): Promise<Response> {
  return json({ counts: await app.counts(ctx) } satisfies CountsAnswer);
}

export async function stream({ app, request, ctx }: Call): Promise<Response> {
  const { user } = ctx;
  // Of other rights he hears on a stream of its own, which his browser opens by itself.
  const isStill = async (): Promise<boolean> => {
    const now = user.everything === true ? user : await app.login?.user(request, ctx.store, false);
    return JSON.stringify(now) === JSON.stringify(user);
  };
  const answer = app.live.stream({
    user,
    session: ["cookie", "authorization"].map((name) => request.headers.get(name) ?? "").join("\n"),
    sights: await sightsOf(app, ctx),
    look: async () => ((await isStill()) ? sightsOf(app, ctx) : null),
  });
  if (answer === null)
    throw new Refusal(503, "too-many-streams", "Too many pages are open.", {
      hint: "It is read every 5 s instead.",
    });
  return answer;
}

async function sightsOf({ models }: App, ctx: AdminContext): Promise<Sight[]> {
  const sights: Sight[] = [];
  for (const [model, { live }] of models)
    if (live && (await ctx.can(`${model}.view`)))
      sights.push({ model, whole: (await ctx.scope(model)).length === 0 });
  return sights;
}
