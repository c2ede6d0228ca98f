// quern/express: app.use("/quern", expressAdmin(admin)).
import type { IncomingMessage, ServerResponse } from "node:http";
import { type AdminHandler, nodeAdmin } from "./node.ts";

/** Of Express only what is used, so that any version fits. */
export type ExpressHandler = (
  request: IncomingMessage & { baseUrl?: string },
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

export function expressAdmin(admin: AdminHandler): ExpressHandler {
  return (request, response, next) => {
    nodeAdmin(admin, { mount: request.baseUrl ?? "" })(request, response).catch(next);
  };
}
