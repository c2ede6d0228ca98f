// Same origin for every write: what a page of another site can send is refused, whatever cookie comes with it.
import { Refusal } from "./respond.ts";
import { hostOf } from "./visitor.ts";

export interface CsrfOptions {
  trustProxy: boolean;
  /** Origins beside the admin's own from which writes may come. */
  origins: readonly string[];
}

/** A bearer token needs none of this: no browser sends one by itself. */
export function refuseForeignWrite(request: Request, { trustProxy, origins }: CsrfOptions): void {
  const site = request.headers.get("sec-fetch-site");
  const origin = request.headers.get("origin");
  if (site === "same-origin") return;
  // An origin of the configuration is let through by its own name, whatever the browser calls its site.
  if (origin !== null && origins.includes(origin)) return;
  if (
    site === null &&
    origin !== null &&
    URL.canParse(origin) &&
    new URL(origin).host === hostOf(request, trustProxy)
  )
    return;
  throw new Refusal(403, "foreign-origin", "This request did not come from a page of the admin.", {
    hint: "From a program, send a bearer token; from a browser, open the admin under its own address.",
  });
}
