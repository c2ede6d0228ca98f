// quern/hono: app.all("/quern/*", honoAdmin(admin, "/quern")).
import { mountOf } from "../admin/visitor.ts";
import type { AdminHandler } from "./node.ts";

/** Of Hono only what is used. On Node its server passes the request's socket in `env`. */
export interface HonoContext {
  req: { raw: Request };
  env?: unknown;
}

export type HonoHandler = (context: HonoContext) => Promise<Response>;

export function honoAdmin(admin: AdminHandler, mount: string): HonoHandler {
  const base = mountOf(mount, "honoAdmin(admin, mount)");
  return ({ req, env }) => {
    const address = addressIn(env);
    return admin(req.raw, { mount: base, ...(address === undefined ? {} : { address }) });
  };
}

function addressIn(env: unknown): string | undefined {
  const { incoming } = (env ?? {}) as { incoming?: { socket?: { remoteAddress?: string } } };
  return incoming?.socket?.remoteAddress;
}
