// quern/express: app.use("/quern", expressAdmin(admin)).
import type { IncomingMessage, ServerResponse } from "node:http";
import { type AdminHandler, nodeAdmin } from "./node.ts";

/** Of Express only what is used, so that any version fits. */
export type ExpressHandler = (
  request: IncomingMessage & { baseUrl?: string },
  response: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>;

export function expressAdmin(admin: AdminHandler): ExpressHandler {
  return async (request, response, next) => {
    try {
      await nodeAdmin(admin, { mount: request.baseUrl ?? "" })(request, response);
    } catch (error) {
      next(error);
    }
  };
}
