// quern/koa: app.use(koaAdmin(admin, "/quern")).
import type { IncomingMessage, ServerResponse } from "node:http";
import { mountOf } from "../admin/visitor.ts";
import { type AdminHandler, nodeAdmin } from "./node.ts";

/** Of Koa only what is used. */
export interface KoaContext {
  req: IncomingMessage;
  res: ServerResponse;
  path: string;
  respond?: boolean;
}

export type KoaMiddleware = (context: KoaContext, next: () => Promise<unknown>) => Promise<void>;

export function koaAdmin(admin: AdminHandler, mount: string): KoaMiddleware {
  const base = mountOf(mount, "koaAdmin(admin, mount)");
  const listener = nodeAdmin(admin, { mount: base });
  return async (context, next) => {
    if (context.path !== base && !context.path.startsWith(`${base}/`)) {
      await next();
      return;
    }
    context.respond = false;
    await listener(context.req, context.res);
  };
}
