// quern/next: export const { GET, HEAD, POST, PUT, PATCH, DELETE } = nextAdmin(admin, "/quern"), in app/quern/[[...path]]/route.ts.
import { mountOf } from "../admin/visitor.ts";
import type { AdminHandler } from "./node.ts";

/** What a route of Next exports, by method. It gives a `NextRequest`, of which only what a Request has is used. */
export type NextRoute = Record<
  "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE",
  (request: Request) => Promise<Response>
>;

/** Next tells no address of the peer, so every visitor counts as remote: the admin needs `authenticate`, in development too. */
export function nextAdmin(admin: AdminHandler, mount: string): NextRoute {
  const base = mountOf(mount, "nextAdmin(admin, mount)");
  const answer = (request: Request): Promise<Response> => admin(atRoot(request, base), { mount: base });
  return { GET: answer, HEAD: answer, POST: answer, PUT: answer, PATCH: answer, DELETE: answer };
}

// Next takes the slash off its addresses by a redirect, the admin puts it there by another: so its root is asked for here.
function atRoot(request: Request, mount: string): Request {
  const url = new URL(request.url);
  if (url.pathname !== mount) return request;
  url.pathname += "/";
  return new Request(url, request);
}
