// quern/nest: app.use(nestAdmin(admin, "/quern")), before app.listen(), whatever framework Nest stands on.
import type { IncomingMessage, ServerResponse } from "node:http";
import { type AdminHandler, nodeAdmin } from "./node.ts";

/** A middleware as `app.use` takes it, under Express and under Fastify. */
export type NestMiddleware = (
  request: IncomingMessage & { originalUrl?: string },
  response: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>;

// Not a module with a middleware of its own: that would run behind Nest's parsers of bodies, with their limits.
export function nestAdmin(admin: AdminHandler, mount: string): NestMiddleware {
  const listener = nodeAdmin(admin, { mount });
  return async (request, response, next) => {
    const [path = ""] = (request.originalUrl ?? request.url ?? "").split("?");
    if (path !== mount && !path.startsWith(`${mount}/`)) {
      next();
      return;
    }
    try {
      await listener(request, response);
    } catch (error) {
      next(error);
    }
  };
}
