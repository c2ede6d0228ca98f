// The whole API as one table: method, path, permission, handler. A route without a permission does not compile.
import type { ActionCall, Call, ModelCall, OpenCall } from "./app.ts";
import type { AnswerName } from "./answers.ts";
import type { BodySchema } from "./body.ts";
import * as functions from "./handlers/functions.ts";
import * as login from "./handlers/login.ts";
import * as model from "./handlers/model.ts";
import * as operations from "./handlers/operations.ts";
import * as openapi from "./handlers/openapi.ts";
import * as overview from "./handlers/overview.ts";
import * as schedules from "./handlers/schedules.ts";

interface RouteShape {
  readonly method: "GET" | "POST" | "PATCH";
  /** Under `api/`. */
  readonly path: string;
  readonly says: string;
  /** The parameters it may have in its address; a list checks its own. */
  readonly query?: readonly string[] | "list";
  readonly body?: BodySchema;
  /** What a success is: a schema of answers.ts, or a stream of events. */
  readonly answers: AnswerName | "events";
}

type Handler<C> = (call: C) => Promise<Response>;

/** What it takes to be let through. */
export type Route = RouteShape &
  (
    | { readonly needs: "nothing"; readonly handler: Handler<OpenCall> }
    | { readonly needs: "login"; readonly handler: Handler<Call> }
    | { readonly needs: "permission"; readonly permission: string; readonly handler: Handler<Call> }
    /** A verb of the model in the path, and another permission beside it. */
    | {
        readonly needs: "verb";
        readonly verb: string;
        readonly also?: string;
        readonly handler: Handler<ModelCall>;
      }
    /** The permission of the action in the path, asked for each of its objects. */
    | { readonly needs: "action"; readonly handler: Handler<ActionCall> }
  );

export const routes: readonly Route[] = [
  {
    method: "POST",
    path: "schedules/preview",
    needs: "permission",
    permission: "schedule.view",
    handler: schedules.preview,
    body: schedules.previewBody,
    answers: "PreviewAnswer",
    says: "A schedule in words, and its next runs",
  },
  {
    method: "GET",
    path: "boot",
    needs: "nothing",
    handler: login.boot,
    answers: "Boot",
    says: "What the web app begins with",
  },
  {
    method: "POST",
    path: "login",
    needs: "nothing",
    handler: login.login,
    body: login.loginBody,
    answers: "Nothing",
    says: "Begins a session",
  },
  {
    method: "POST",
    path: "logout",
    needs: "nothing",
    handler: login.logout,
    body: {},
    answers: "Nothing",
    says: "Ends the session",
  },
  {
    method: "GET",
    path: "health",
    needs: "nothing",
    handler: login.health,
    answers: "Health",
    says: "Whether the server is well",
  },
  {
    method: "GET",
    path: "openapi.json",
    needs: "login",
    handler: openapi.read,
    answers: "OpenApi",
    says: "This document",
  },
  {
    method: "GET",
    path: "stream",
    needs: "login",
    handler: operations.stream,
    answers: "events",
    says: "What changes, as server-sent events",
  },
  {
    method: "GET",
    path: "counts",
    needs: "login",
    handler: operations.counts,
    answers: "CountsAnswer",
    says: "Counts of the navigation",
  },
  {
    method: "GET",
    path: "operations",
    needs: "login",
    handler: operations.list,
    answers: "OperationsAnswer",
    says: "Bulk actions under way",
  },
  {
    method: "POST",
    path: "operations/:id/cancel",
    needs: "login",
    handler: operations.cancel,
    body: {},
    answers: "OperationState",
    says: "Stops one's own bulk action, or with operation.cancel any",
  },
  {
    method: "GET",
    path: "overview",
    needs: "permission",
    permission: "overview.view",
    handler: overview.read,
    answers: "OverviewAnswer",
    says: "How it stands",
  },
  {
    method: "GET",
    path: "series",
    needs: "permission",
    permission: "overview.view",
    handler: overview.series,
    query: ["span"],
    answers: "SeriesAnswer",
    says: "Throughput",
  },
  {
    method: "GET",
    path: "functions/:func",
    needs: "permission",
    permission: "function.view",
    handler: functions.read,
    answers: "FunctionAnswer",
    says: "A task function, and what its input looks like",
  },
  {
    method: "GET",
    path: "models/:model",
    needs: "verb",
    verb: "view",
    handler: model.list,
    query: "list",
    answers: "ListAnswer",
    says: "A page of a list",
  },
  {
    method: "GET",
    path: "models/:model/count",
    needs: "verb",
    verb: "view",
    handler: model.count,
    query: "list",
    answers: "Count",
    says: "The exact count",
  },
  {
    method: "GET",
    path: "models/:model/suggest",
    needs: "verb",
    verb: "view",
    handler: model.suggest,
    query: ["field", "prefix"],
    answers: "SuggestAnswer",
    says: "Values that begin so",
  },
  {
    method: "POST",
    path: "models/:model",
    needs: "verb",
    verb: "add",
    handler: model.add,
    query: ["check"],
    body: model.saveBody,
    answers: "SaveAnswer",
    says: "Adds a row; with ?check only checks it",
  },
  {
    method: "GET",
    path: "models/:model/:id",
    needs: "verb",
    verb: "view",
    handler: model.detail,
    answers: "DetailAnswer",
    says: "One row",
  },
  {
    method: "PATCH",
    path: "models/:model/:id",
    needs: "verb",
    verb: "change",
    handler: model.change,
    query: ["check"],
    body: model.saveBody,
    answers: "SaveAnswer",
    says: "Changes a row; needs If-Match",
  },
  {
    method: "GET",
    path: "models/:model/:id/history",
    needs: "verb",
    verb: "view",
    also: "audit.view",
    handler: model.history,
    answers: "HistoryAnswer",
    says: "What was done to a row",
  },
  {
    method: "GET",
    path: "models/:model/:id/bytes",
    needs: "verb",
    verb: "raw",
    handler: model.bytes,
    answers: "BytesAnswer",
    says: "What is kept of a row that can't be read",
  },
  {
    method: "POST",
    path: "models/:model/actions/:action",
    needs: "action",
    handler: model.act,
    body: model.actionBody,
    answers: "ActionAnswer",
    says: "Does it: 200 with outcomes, or 202 with an operation",
  },
  {
    method: "POST",
    path: "models/:model/actions/:action/preview",
    needs: "action",
    handler: model.consequences,
    body: model.previewBody,
    answers: "ConsequencesAnswer",
    says: "What it would do",
  },
];
