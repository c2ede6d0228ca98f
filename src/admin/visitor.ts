// Where a request comes from, and whether that is this machine: told by its socket, never by what it says of itself.

/** What an adapter knows of a request. */
export interface RequestInfo {
  /** The address of the peer's socket. Absent: the visitor counts as remote. */
  address?: string;
  /** Where the admin is mounted: `/quern`. */
  mount?: string;
}

/**
 * Where an adapter was told that the admin is mounted, without a slash at its end. Throws a TypeError for what is no path: every
 * address of every page is made from it.
 */
export function mountOf(mount: unknown, call: string): string {
  if (typeof mount === "string" && /^(?:$|\/)/.test(mount)) return mount.replace(/\/+$/, "");
  const given = typeof mount === "string" ? JSON.stringify(mount) : typeof mount;
  throw new TypeError(
    `expected mount to be the path of the admin such as "/quern", got ${given}. Set it in ${call}.`,
  );
}

/** Headers that say a proxy stands between: then the socket's address is the proxy's. */
const proxied = /^(?:forwarded|x-forwarded-.+|x-real-ip|via)$/;

/** The peer is this machine, nothing stands between, and the page that asks came from this machine too. */
export function isLocal(request: Request, { address }: RequestInfo): boolean {
  if (address === undefined || !isLoopback(address)) return false;
  const { headers } = request;
  if ([...headers.keys()].some((name) => proxied.test(name))) return false;
  const host = headers.get("host") ?? new URL(request.url).host;
  if (!isLoopbackHost(`http://${host}`) || !isLoopbackHost(request.url)) return false;
  return ["origin", "referer"].every((name) => {
    const from = headers.get(name);
    return from === null || isLoopbackHost(from);
  });
}

/** An address as sockets give it. */
export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, "");
  return plain === "::1" || /^127(?:\.\d{1,3}){3}$/.test(plain);
}

function isLoopbackHost(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return hostname === "localhost" || isLoopback(hostname.replace(/^\[|\]$/g, ""));
}

/** The address that is written down and counted by: behind a trusted proxy the one that it saw. */
export function addressOf(request: Request, { address }: RequestInfo, trustProxy: boolean): string | null {
  const forwarded = trustProxy ? request.headers.get("x-forwarded-for") : null;
  // The last one is what the nearest proxy saw; what stands before it anybody can have written.
  const nearest = forwarded?.split(",").at(-1)?.trim();
  return nearest !== undefined && /^[\da-f.:]{3,45}$/i.test(nearest) ? nearest : (address ?? null);
}

/** Whether the visitor's connection is encrypted, as far as one can know. */
export function isEncrypted(request: Request, trustProxy: boolean): boolean {
  const forwarded = trustProxy ? request.headers.get("x-forwarded-proto") : null;
  return (forwarded ?? new URL(request.url).protocol.slice(0, -1)) === "https";
}

/** The host that a page of this admin has in its address, to compare an Origin with. */
export function hostOf(request: Request, trustProxy: boolean): string {
  const forwarded = trustProxy ? request.headers.get("x-forwarded-host") : null;
  return forwarded ?? request.headers.get("host") ?? new URL(request.url).host;
}
