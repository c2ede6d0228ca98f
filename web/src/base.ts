// Where the admin is mounted: the server writes it into the page, the build knows only relative addresses.

const written = document.querySelector<HTMLMetaElement>('meta[name="quern-base"]')?.content ?? "./";

/** Ends with a slash: "/" or "/admin/". */
export const base: string = new URL(written, document.baseURI).pathname.replace(/\/?$/, "/");

/** The router's form of it, without the slash at the end. */
export const routerBase: string = base === "/" ? "/" : base.slice(0, -1);

/** An address from the server, from the admin's base, in the router's form. */
export function fromBase(to: string): string {
  return `/${to.replace(/^\/+/, "")}`;
}

/** The same as a whole path, for `href`. */
export function toHref(to: string): string {
  return base + to.replace(/^\/+/, "");
}
