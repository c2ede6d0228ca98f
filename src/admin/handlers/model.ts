// The routes of any model: list, count, suggest, detail, history, actions, add and change.
import type {
  ActionAnswer,
  ActionRequest,
  ConsequencesAnswer,
  Count,
  FormValue,
  SaveRequest,
} from "../contract.ts";
import { checkAnswers } from "../engine/actions.ts";
import { bytesOf, detailOf } from "../engine/detail.ts";
import { saveRow } from "../engine/form.ts";
import { historyOf } from "../engine/history.ts";
import { countModel, findRow, idsCondition, listModel, suggestFor } from "../engine/list.ts";
import type { Answers } from "../engine/model-admin.ts";
import { isOperationId, matchingRequest, type Operation, operationState } from "../operations.ts";
import { json, Refusal } from "../respond.ts";
import type { ActionCall, ModelCall } from "../app.ts";
import type { BodySchema } from "../body.ts";

/** From here on an action goes on in the background. */
const mostAtOnce = 200;
const mostIds = 10_000;
const countUpTo = 10_000;
const examples = 5;
const consequenceRows = 200;

export const actionBody: BodySchema = {
  operation: { as: "text", most: 64 },
  ids: { as: "texts", most: mostIds, optional: true },
  matching: {
    as: "object",
    of: { query: { as: "text", most: 8_192 }, at: { as: "number" } },
    optional: true,
  },
  answers: { as: "values", optional: true },
  reason: { as: "text", most: 1_000, optional: true },
};

/** The dialog asks before there is an operation. */
export const previewBody: BodySchema = { ...actionBody, operation: { as: "text", most: 64, optional: true } };

export const saveBody: BodySchema = {
  values: { as: "values" },
  from: {
    as: "object",
    of: { model: { as: "text", most: 255 }, id: { as: "text", most: 255 } },
    optional: true,
  },
  reason: { as: "text", most: 1_000, optional: true },
};

export async function list({ app, model, search, ctx }: ModelCall): Promise<Response> {
  const why = model.admin.unavailable?.(ctx);
  if (why !== undefined) throw new Refusal(404, "unavailable", why);
  return json(await listModel(model, search, ctx, (key, read) => app.live.share(key, read)));
}

export async function count({ model, search, ctx, request }: ModelCall): Promise<Response> {
  return json(await countModel(model, search, ctx, request.signal));
}

export async function suggest({ model, search, ctx }: ModelCall): Promise<Response> {
  return json(await suggestFor(model, search, ctx));
}

export async function detail({ model, params, ctx }: ModelCall): Promise<Response> {
  const answer = await detailOf(model, await findRow(model, params["id"] ?? "", ctx), ctx);
  return json(answer, 200, answer.version === "" ? {} : { etag: JSON.stringify(answer.version) });
}

export async function bytes({ model, params, ctx }: ModelCall): Promise<Response> {
  const id = params["id"] ?? "";
  const answer = bytesOf(model, await findRow(model, id, ctx), ctx);
  if (answer === null) throw new Refusal(404, "not-found", "There are no bytes to show: it can be read.");
  await ctx.store.audit(ctx.entry(`${model.name}.raw`, id));
  return json(answer);
}

export async function history({ model, params, ctx }: ModelCall): Promise<Response> {
  const id = params["id"] ?? "";
  // Of what is gone too, which is when it is asked most; but only where all rows exist for this user.
  if (model.scope.length > 0) await findRow(model, id, ctx);
  return json(await historyOf(id, ctx));
}

export async function add(call: ModelCall): Promise<Response> {
  return save(call, null);
}

export async function change(call: ModelCall): Promise<Response> {
  return save(call, call.params["id"] ?? "");
}

async function save(call: ModelCall, id: string | null): Promise<Response> {
  const { model, body, search, request, ctx } = call;
  const { values, reason, from } = body as unknown as SaveRequest;
  const { answer } = await saveRow(model, id, values, ctx, {
    version: versionIn(request),
    check: search.has("check"),
    ...(reason === undefined ? {} : { reason }),
    ...(from === undefined || id !== null ? {} : { from: await originOf(call, from) }),
  });
  return json(answer, id === null && !search.has("check") ? 201 : 200);
}

/** The row that a new one was begun from, as far as this user may see it. */
async function originOf(
  { app, model, ctx }: ModelCall,
  { model: name, id }: NonNullable<SaveRequest["from"]>,
): Promise<unknown> {
  const origin = await app.model(name, ctx.user);
  if (origin?.admin.again?.model !== model.name)
    throw new Refusal(400, "bad-body", "Nothing of this kind is begun from there.");
  const row = await findRow(origin, id, ctx);
  if (!(await ctx.can(`${name}.view`, row))) throw new Refusal(403, "forbidden", "You may not see that one.");
  return row;
}

function versionIn(request: Request): string | null {
  const header = request.headers.get("if-match");
  return header === null ? null : (/^(?:W\/)?"([^"]{1,255})"$/.exec(header)?.[1] ?? null);
}

interface Selection {
  ids: string[] | null;
  matching: { query: string; at: number } | null;
}

function selectionOf({ action, ctx }: ActionCall, { ids, matching }: Partial<ActionRequest>): Selection {
  if ((ids === undefined) === (matching === undefined))
    throw new Refusal(400, "bad-selection", 'Expected either "ids" or "matching".');
  if (matching !== undefined) {
    if (!action.on.includes("matching"))
      throw new Refusal(400, "bad-selection", "This is not done to all that match.");
    return { ids: null, matching: { query: matching.query, at: Math.min(matching.at, ctx.now) } };
  }
  const unique = [...new Set(ids)];
  if (unique.length === 0) throw new Refusal(400, "bad-selection", "Nothing is selected.");
  const allowed = action.on.includes("rows") || (unique.length === 1 && action.on.includes("row"));
  if (!allowed) throw new Refusal(400, "bad-selection", "This is done to one row at a time.");
  return { ids: unique, matching: null };
}

export async function act(call: ActionCall): Promise<Response> {
  const { app, model, action, ctx, address } = call;
  const request = call.body as unknown as ActionRequest;
  if (!isOperationId(request.operation))
    throw new Refusal(
      400,
      "bad-body",
      'Expected "operation" to be an id of 8 to 64 letters, digits, - and _.',
    );
  const selection = selectionOf(call, request);
  const answers = await checkAnswers(action, request.answers ?? {}, ctx);
  const total = await totalOf(call, selection);
  if (selection.ids?.length === 1) await findRow(model, selection.ids[0] ?? "", ctx); // What is not there is a 404.
  const { operation, fresh } = await app.operations.add(
    newOperation(call, request, selection, answers, total, address),
  );
  if (
    operation.by.name !== ctx.user.name ||
    operation.model !== model.name ||
    operation.action !== action.name
  )
    throw new Refusal(409, "operation-taken", "Another action has this operation's id.");
  const atOnce = selection.ids !== null && selection.ids.length <= mostAtOnce;
  const goesOn = fresh || operation.state === "running";
  if (!atOnce) {
    if (goesOn) app.operations.goOn(operation.id);
    return underWay(operation);
  }
  const ended = goesOn ? await app.operations.run(operation.id) : operation;
  return ended.state === "running" ? underWay(ended) : json(answerOf(ended));
}

function underWay(operation: Operation): Response {
  const { done } = operation;
  const answer: ActionAnswer = { done, skipped: [], failed: [], operation: operationState(operation) };
  return json(answer, 202);
}

function answerOf({ done, problems, to, state }: Operation): ActionAnswer {
  if (state === "failed")
    throw new Refusal(503, "stopped", "It could not be carried out.", {
      hint: "The log of the admin says why.",
    });
  const of = (failed: boolean): ActionAnswer["failed"] =>
    problems.filter((one) => one.failed === failed).map(({ id, reason }) => ({ id, reason }));
  return { done, skipped: of(false), failed: of(true), ...(to === null ? {} : { to }) };
}

async function totalOf({ model, ctx }: ActionCall, { ids, matching }: Selection): Promise<Count> {
  if (matching === null) return { number: ids?.length ?? 0, capped: false };
  const { where } = matchingRequest(model, matching, ctx);
  const counted = await model.admin.source.count(ctx, where, countUpTo);
  return { number: counted.count, capped: counted.more };
}

function newOperation(
  { model, action, ctx }: ActionCall,
  { operation, reason }: ActionRequest,
  { ids, matching }: Selection,
  answers: Answers,
  total: Count,
  address: string | null,
): Operation {
  return {
    id: operation,
    model: model.name,
    action: action.name,
    label: `${action.label} · ${model.admin.label.many}`,
    by: ctx.user,
    address,
    reason: reason ?? null,
    answers: answers as Record<string, FormValue>,
    ids,
    matching,
    place: null,
    state: "running",
    total,
    done: 0,
    skipped: 0,
    failed: 0,
    problems: [],
    to: null,
    started: ctx.now,
    ended: null,
    lease: null,
  };
}

export async function consequences(call: ActionCall): Promise<Response> {
  const { model, action, ctx } = call;
  const selection = selectionOf(call, call.body as Partial<ActionRequest>);
  const { ids, matching } = selection;
  const request =
    matching === null
      ? {
          where: [...model.scope, idsCondition(model.admin, (ids ?? []).slice(0, consequenceRows))],
          order: { by: "id", descending: true },
        }
      : matchingRequest(model, matching, ctx);
  const { rows } = await model.admin.source.list(ctx, {
    ...request,
    limit: consequenceRows,
    step: countUpTo,
  });
  const answer: ConsequencesAnswer = {
    count: await totalOf(call, selection),
    examples: rows.slice(0, examples).map((row) => ctx.redaction.text(model.admin.title(row))),
    consequences: (await action.consequences?.(rows, ctx)) ?? [],
    answers: action.begins?.(rows) ?? {},
  };
  return json(answer);
}
