// quern/nest: app.use(nestAdmin(admin, "/quern")), before app.listen(), whatever framework Nest stands on.
import type { IncomingMessage, ServerResponse } from "node:http";
import { mountOf } from "../admin/visitor.ts";
import { type AdminHandler, nodeAdmin } from "./node.ts";

/** A middleware as `app.use` takes it, under Express and under Fastify. */
export type NestMiddleware = (
  request: IncomingMessage & { originalUrl?: string },
  response: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>;

// Not a module with a middleware of its own: that would run behind Nest's parsers of bodies, with their limits.
export function nestAdmin(admin: AdminHandler, mount: string): NestMiddleware {
  const base = mountOf(mount, "nestAdmin(admin, mount)");
  const listener = nodeAdmin(admin, { mount: base });
  return async (request, response, next) => {
    const [path = ""] = (request.originalUrl ?? request.url ?? "").split("?");
    if (path !== base && !path.startsWith(`${base}/`)) {
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
