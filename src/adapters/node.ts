// quern/node: the admin as a listener of Node's http server. What stands in front of other frameworks leans on it.
import type { IncomingMessage, ServerResponse } from "node:http";
import { refusalAnswer, Refusal, secured } from "../admin/respond.ts";
import { mountOf, type RequestInfo } from "../admin/visitor.ts";

/** What `createAdmin` returns, or any handler of that shape. */
export type AdminHandler = (request: Request, info?: RequestInfo) => Promise<Response>;

export type NodeListener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** What a framework may have done to a request before it came here. */
interface Prepared extends IncomingMessage {
  /** The address before a framework took its mount off. */
  originalUrl?: string;
  /** The body, if somebody has read it already. */
  body?: unknown;
  rawBody?: Buffer;
}

export interface NodeOptions {
  /** Where the admin is mounted: "/quern". A function where the framework says so with each request. */
  mount?: string | ((request: IncomingMessage) => string);
}

export function nodeAdmin(admin: AdminHandler, { mount = "" }: NodeOptions = {}): NodeListener {
  const base = typeof mount === "function" ? mount : mountOf(mount, "nodeAdmin(admin, { mount })");
  return async (incoming, response) => {
    const request: Prepared = incoming;
    request.url = request.originalUrl ?? request.url;
    if (request.readableEnded && request.rawBody === undefined && request.body !== undefined)
      request.rawBody = Buffer.from(JSON.stringify(request.body));
    const info: RequestInfo = {
      mount: typeof base === "function" ? base(incoming) : base,
      // The socket's, and nothing that a header says.
      ...(incoming.socket.remoteAddress === undefined ? {} : { address: incoming.socket.remoteAddress }),
    };
    // Loaded with the first request: importing it wakes Node's fetch, which reads the environment.
    const { getRequestListener } = await import("@hono/node-server");
    const listener = getRequestListener((web) => admin(web, info), {
      overrideGlobalObjects: false,
      errorHandler: notRead,
    });
    await listener(incoming, response);
  };
}

/** Its host or its address is none, so that it never became a request for the admin. */
function notRead(): Response {
  return secured(refusalAnswer(new Refusal(400, "bad-request", "This is no request that can be read."), ""));
}
