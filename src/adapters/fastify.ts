// quern/fastify: await app.register(fastifyAdmin(admin), { prefix: "/quern" }).
import type { IncomingMessage, ServerResponse } from "node:http";
import { type AdminHandler, nodeAdmin } from "./node.ts";

/** Of Fastify only what is used. */
export interface FastifyScope {
  readonly prefix: string;
  removeAllContentTypeParsers(): void;
  addContentTypeParser(
    type: string,
    parser: (request: unknown, payload: unknown, done: (error: null) => void) => void,
  ): unknown;
  all(
    path: string,
    handler: (request: { raw: IncomingMessage }, reply: FastifyReply) => Promise<void>,
  ): unknown;
}

interface FastifyReply {
  raw: ServerResponse;
  hijack(): unknown;
}

export type FastifyPlugin = (scope: FastifyScope) => Promise<void>;

export function fastifyAdmin(admin: AdminHandler): FastifyPlugin {
  return async (scope) => {
    const listener = nodeAdmin(admin, { mount: scope.prefix });
    // Bodies are read by the admin, with its own limits.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_, __, done) => done(null));
    scope.all("/*", async (request, reply) => {
      reply.hijack();
      await listener(request.raw, reply.raw);
    });
    scope.all("/", async (request, reply) => {
      reply.hijack();
      await listener(request.raw, reply.raw);
    });
  };
}
