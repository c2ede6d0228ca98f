// The built web app: files found by exact name in a map made from what the build left, and index.html made for each base path.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface Assets {
  /** A file under its name; undefined: there is none of that name. */
  file(name: string, acceptEncoding: string): Response | undefined;
  /** The name of the style of pages that the web app does not draw; null: it has not been built. */
  readonly plainStyle: string | null;
  /** The page of every address; null: the web app has not been built. */
  index(base: string): string | null;
}

const types: Record<string, string> = {
  css: "text/css; charset=utf-8",
  ico: "image/x-icon",
  js: "text/javascript; charset=utf-8",
  json: "application/json; charset=utf-8",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  woff2: "font/woff2",
};

const encodings = [
  ["br", ".br"],
  ["gzip", ".gz"],
] as const;

/** Beside this module where the package is built, in dist/ where it runs from its sources. */
const folders = ["../web/", "../../dist/web/"].map((path) => new URL(path, import.meta.url));

export function loadAssets(places: readonly URL[] = folders): Assets {
  const folder = places.find((place) => namesIn(place).includes("index.html"));
  const names = new Set(folder === undefined ? [] : namesIn(folder));
  const contents = new Map<string, Buffer>();
  // Only names of this map are ever read, so nothing that a request says becomes a path.
  const read = (name: string): Buffer => {
    const known = contents.get(name) ?? readFileSync(new URL(name, folder));
    contents.set(name, known);
    return known;
  };
  return {
    plainStyle: [...names].find((name) => /^assets\/plain-[\w-]+\.css$/.test(name)) ?? null,
    file(name, acceptEncoding) {
      const ending = name.slice(name.lastIndexOf(".") + 1);
      const type = types[ending];
      if (!names.has(name) || !name.startsWith("assets/") || type === undefined) return undefined;
      const [encoding, suffix] =
        encodings.find(
          ([encoding, suffix]) => accepts(acceptEncoding, encoding) && names.has(name + suffix),
        ) ?? [];
      const headers = new Headers({
        "content-type": type,
        "cache-control": isHashed(name) ? "public, max-age=31536000, immutable" : "no-cache",
        vary: "accept-encoding",
      });
      if (encoding !== undefined) headers.set("content-encoding", encoding);
      return new Response(new Uint8Array(read(name + (suffix ?? ""))), { headers });
    },
    index(base) {
      if (folder === undefined) return null;
      // The build knows only addresses relative to the admin's root; a page may stand deeper.
      return read("index.html").toString("utf8").replaceAll('="./', `="${base}/`);
    },
  };
}

function namesIn(folder: URL): string[] {
  try {
    return readdirSync(fileURLToPath(folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        `${entry.parentPath}/${entry.name}`.slice(fileURLToPath(folder).length).replace(/^\//, ""),
      );
  } catch {
    return [];
  }
}

function accepts(header: string, encoding: string): boolean {
  return header
    .toLowerCase()
    .split(",")
    .some((part) => {
      const [name, ...parameters] = part.trim().split(";");
      return name?.trim() === encoding && !parameters.some((one) => /^\s*q=0(?:\.0*)?\s*$/.test(one));
    });
}

/** Vite puts a hash of the content into the names of what it builds. */
function isHashed(name: string): boolean {
  return /-[\w-]{8,}\.[a-z0-9]+$/.test(name);
}
