// What a request must look like: origin, body, base path, names of files; and what every answer carries.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { loadAssets } from "../../src/admin/assets.ts";
import { isLocal } from "../../src/admin/visitor.ts";
import { contentSecurityPolicy } from "../../src/admin/respond.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { add, AdminUnderTest } from "./admin-under-test.ts";

let under: AdminUnderTest;
const open = (...options: ConstructorParameters<typeof AdminUnderTest>): AdminUnderTest =>
  (under = new AdminUnderTest(...options));
afterEach(() => under?.close());

const token = "t".repeat(40);
const path = "/api/models/failure/actions/delete";
const body = { operation: "operation-1", ids: ["none-1", "none-2"] };

describe("a write", () => {
  const plain = { "content-type": "application/json" };
  const send = async (headers: Record<string, string>, more: object = {}) =>
    (await open().ask("POST", path, { body, headers: { "sec-fetch-site": "", ...headers }, ...more })).status;

  it.each([
    ["a page of its own", { "sec-fetch-site": "same-origin" }, 200],
    ["a page of another site", { "sec-fetch-site": "cross-site" }, 403],
    ["a page of the same site", { "sec-fetch-site": "same-site" }, 403],
    ["an address that was typed", { "sec-fetch-site": "none" }, 403],
  ])("from %s: %s", async (_, headers, status) => expect(await send(headers)).toBe(status));

  it.each([
    ["its own origin", { origin: "http://localhost" }, 200],
    ["another origin", { origin: "http://127.0.0.1:9" }, 403],
    ["an origin of nothing", { origin: "null" }, 403],
    ["neither header", {}, 403],
  ])("from a browser that says no site, with %s: %s", async (_, headers, status) => {
    const request = new Request(`http://localhost${path}`, {
      method: "POST",
      headers: { host: "localhost", ...plain, ...headers } as Record<string, string>,
      body: JSON.stringify(body),
    });
    expect((await open({ debug: true }).admin(request, { address: "127.0.0.1" })).status).toBe(status);
  });

  it("from an origin of the configuration is let through", async () => {
    open({
      debug: false,
      authenticate: { tokens: { ann: { token, role: "admin" } } },
      origins: ["https://tools.example"],
    });
    const headers = { "sec-fetch-site": "cross-site", origin: "https://tools.example" };
    expect((await under.ask("POST", path, { body, headers, address: "10.0.0.9" })).status).toBe(401);
    const other = { ...headers, origin: "https://other.example" };
    expect((await under.ask("POST", path, { body, headers: other, address: "10.0.0.9" })).status).toBe(403);
  });

  it("with a bearer token needs neither header, but JSON", async () => {
    open({ debug: false, authenticate: { tokens: { ann: { token, role: "admin" } } } });
    const headers = { authorization: `Bearer ${token}`, "sec-fetch-site": "cross-site" };
    expect((await under.ask("POST", path, { body, headers, address: "10.0.0.9" })).status).toBe(200);
    const form = { ...headers, "content-type": "application/x-www-form-urlencoded" };
    expect((await under.ask("POST", path, { body: "a=b", headers: form, address: "10.0.0.9" })).status).toBe(
      400,
    );
  });

  it.each(["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""])(
    "with the content type %j is refused",
    async (type) => {
      expect((await open().ask("POST", path, { body, headers: { "content-type": type } })).status).toBe(400);
    },
  );

  it("is never a GET or HEAD, and no header or parameter makes it one", async () => {
    open();
    const trace = new Proxy(new Request(`http://localhost${path}`, { headers: { host: "localhost" } }), {
      get: (request, name) =>
        name === "method" ? "TRACE" : (Reflect.get(request, name, request) as unknown),
    });
    expect((await under.admin(trace, { address: "127.0.0.1" })).status).toBe(404);
    for (const method of ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
      expect((await under.ask(method, path)).status).toBe(404);
    const id = await under.ended(add, { a: 1 });
    const override = { "x-http-method-override": "DELETE" };
    expect((await under.get(`/api/models/success/${id}?_method=DELETE`, { headers: override })).status).toBe(
      400,
    );
    expect((await under.get(`/api/models/success/${id}`, { headers: override })).status).toBe(200);
    expect(await (await under.store()).task(id)).toMatchObject({ id });
  });
});

describe("a body", () => {
  it.each([
    ["an unknown key", { ...body, owner: "me" }],
    ["a key of every object", JSON.stringify(body).replace("{", '{"__proto__":{"polluted":true},')],
    ["a constructor", { ...body, constructor: { prototype: { polluted: true } } }],
    ["another kind of value", { ...body, operation: 5 }],
    ["a number of ids", { ...body, ids: 5 }],
    ["ids that are no texts", { ...body, ids: [{}] }],
    ["answers that are no plain values", { ...body, answers: { a: [] } }],
    ["no JSON", "{"],
    ["an array", []],
    ["nothing", "null"],
    ["an empty text", ""],
    ["too many levels", `{"operation":${"[".repeat(101)}${"]".repeat(101)}}`],
    [
      "too many keys",
      {
        ...body,
        answers: Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`k${index}`, 1])),
      },
    ],
    ["more than 1 MB", { ...body, reason: "x".repeat(2 ** 20) }],
    ["half a character", JSON.stringify({ ...body, reason: "\ud800" })],
  ])("with %s is refused, and nothing is polluted", async (_, given) => {
    const { status, json } = await open().ask("POST", path, { body: given });
    expect([status, typeof json.error.requestId]).toEqual([400, "string"]);
    expect(({} as { polluted?: boolean }).polluted).toBe(undefined);
  });

  it("that is compressed is refused", async () => {
    const request = new Request(`http://localhost${path}`, {
      method: "POST",
      headers: {
        host: "localhost",
        "content-type": "application/json",
        "content-encoding": "gzip",
        "sec-fetch-site": "same-origin",
      },
      body: new Uint8Array(gzipSync(JSON.stringify(body))),
    });
    expect((await open().admin(request, { address: "127.0.0.1" })).status).toBe(400);
  });

  it("that comes too slowly is not waited for", async () => {
    const clock = manualClock();
    const slow = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array([123])),
    });
    const request = new Request(`http://localhost${path}`, {
      method: "POST",
      headers: { host: "localhost", "content-type": "application/json", "sec-fetch-site": "same-origin" },
      body: slow,
      duplex: "half",
    } as RequestInit);
    const answer = open({ debug: true }, {}, clock).admin(request, { address: "127.0.0.1" });
    await clock.advance(30_000);
    expect((await answer).status).toBe(408);
  });

  it("is read no further than the limit", async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });
    const request = new Request(`http://localhost${path}`, {
      method: "POST",
      headers: { host: "localhost", "content-type": "application/json", "sec-fetch-site": "same-origin" },
      body: endless,
      duplex: "half",
    } as RequestInit);
    expect((await open().admin(request, { address: "127.0.0.1" })).status).toBe(400);
    expect(sent).toBeLessThan(2 * 2 ** 20);
  });
});

describe("every answer", () => {
  it.each([
    "/api/boot",
    "/api/none",
    "/api/models/success?x=1",
    "/",
    "/failed",
    "/none",
    "/api/stream",
    "//evil.example",
  ])("of %s has the security headers and no stack, path or version in what went wrong", async (address) => {
    open();
    const response = await under.admin(
      new Request(`http://localhost${address}`, { headers: { host: "localhost" } }),
      {
        address: "127.0.0.1",
      },
    );
    const header = (name: string): string | null => response.headers.get(name);
    expect(header("content-security-policy")).toBe(contentSecurityPolicy);
    expect(header("x-frame-options")).toBe("DENY");
    expect(header("x-content-type-options")).toBe("nosniff");
    expect(header("referrer-policy")).toBe("same-origin");
    expect(header("cross-origin-opener-policy")).toBe("same-origin");
    expect(header("cross-origin-resource-policy")).toBe("same-origin");
    expect(header("permissions-policy")).toContain("camera=()");
    expect(header("x-powered-by")).toBe(null);
    expect(header("access-control-allow-origin")).toBe(null);
    expect(header("cache-control")).toMatch(/^no-store(, no-transform)?$/);
    if (response.status >= 400)
      expect(await response.text()).not.toMatch(/node_modules|\/src\/|\bat \w+ \(|SELECT/);
    else await response.body?.cancel();
  });

  it("about something that broke inside says only where to look", async () => {
    open();
    under.admin.register("broken", {
      ...(await import("../../src/admin/models/success.ts")).successAdmin,
      path: "broken",
      banner: () => Promise.reject(new Error("SELECT secret FROM /etc/passwd")),
    });
    const { status, json, text } = await under.get("/api/models/broken");
    expect([status, json.error.code]).toEqual([500, "failed"]);
    expect(text).not.toMatch(/SELECT|passwd/);
    expect(json.error.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("a mount that was made from what was asked for", () => {
  it.each(["//evil.example", '/a"><script>', "/a'b", "/\\evil.example", "/a b", "quern", "/a&lt;"])(
    "%s leads nowhere",
    async (mount) => {
      open();
      const request = new Request(`http://localhost${mount.startsWith("/") ? "" : "/"}${mount}`, {
        headers: { host: "localhost" },
      });
      const response = await under.admin(request, { address: "127.0.0.1", mount });
      expect([response.status, response.headers.get("location")]).toEqual([404, null]);
    },
  );
});

describe("the base path", () => {
  it.each([
    ["/quern/api/boot", 200],
    ["/quern", 308],
    ["/quernx/api/boot", 404],
    ["/quern../api/boot", 404],
    ["/api/boot", 404],
    ["/quern/../api/boot", 404],
    ["/quern%2fapi/boot", 404],
    ["/quern/api%2fboot", 404],
    ["/quern//api/boot", 404],
    ["/QUERN/api/boot", 404],
  ])("/quern: %s answers %s", async (address, status) => {
    expect((await open({ debug: true, basePath: "/quern/" }).get(address)).status).toBe(status);
  });

  it("may be another one for browsers, where a proxy takes a part off", async () => {
    const tools = { publicPath: "/tools/quern/" };
    const { status, headers } = await open({ debug: true, basePath: "/quern", ...tools }).get("/quern");
    expect([status, headers.get("location")]).toEqual([308, "/tools/quern/"]);
    expect((await under.get("/quern/api/boot")).status).toBe(200);
    expect((await under.get("/tools/quern/api/boot")).status).toBe(404);
    const page = await under.get("/quern/failed");
    if (page.status === 200) expect(page.text).toContain('content="/tools/quern/"');
    await under.close();
    // The proxy takes all of it off.
    expect((await open({ debug: true, ...tools }).get("/api/boot")).status).toBe(200);
  });

  it("redirects only within itself, whatever the host says", async () => {
    const { headers } = await open({ debug: true, basePath: "/quern" }).get("/quern");
    expect(headers.get("location")).toBe("/quern/");
  });
});

describe("files of the web app", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "quern-assets-"));
    mkdirSync(join(folder, "web", "assets"), { recursive: true });
    writeFileSync(
      join(folder, "web", "index.html"),
      '<meta name="quern-base" content="./" /><script src="./assets/app-12345678.js"></script>',
    );
    writeFileSync(join(folder, "web", "assets", "app-12345678.js"), "plain");
    writeFileSync(join(folder, "web", "assets", "app-12345678.js.br"), "brotli");
    writeFileSync(join(folder, "web", "assets", "app-12345678.js.gz"), "gzip");
    writeFileSync(join(folder, "web", "assets", "plain.css"), "css");
    writeFileSync(join(folder, "secret.js"), "secret");
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const assets = () =>
    loadAssets([new URL("none/", pathToFileURL(`${folder}/`)), new URL("web/", pathToFileURL(`${folder}/`))]);

  it.each([
    ["br, gzip", "br", "brotli"],
    ["gzip", "gzip", "gzip"],
    ["br;q=0, gzip", "gzip", "gzip"],
    ["", null, "plain"],
    ["deflate", null, "plain"],
  ])("come in the encoding that %j allows", async (accepted, encoding, content) => {
    const answer = assets().file("assets/app-12345678.js", accepted)!;
    expect([answer.headers.get("content-encoding"), await answer.text()]).toEqual([encoding, content]);
    expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(answer.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  });

  it("without a hash in their name are asked for again", () => {
    expect(assets().file("assets/plain.css", "")!.headers.get("cache-control")).toBe("no-cache");
  });

  it.each([
    "secret.js",
    "../secret.js",
    "..%2fsecret.js",
    "%2e%2e/secret.js",
    "..%252fsecret.js",
    "assets/../../secret.js",
    "..\\secret.js",
    "/etc/passwd",
    "assets/app-12345678.js\0",
    "assets/app-12345678.js%00",
    "assets",
    "assets/",
    "",
    "index.html",
    "ASSETS/app-12345678.js",
    "constructor",
    "__proto__",
    "assets/app-12345678.js.br",
  ])("are found by their exact name only: not %j", (name) => {
    expect(assets().file(name, "br")).toBe(undefined);
  });

  it("are told their base path in the page", () => {
    expect(assets().index("/quern")).toBe(
      '<meta name="quern-base" content="/quern/" /><script src="/quern/assets/app-12345678.js"></script>',
    );
    expect(loadAssets([]).index("")).toBe(null);
  });
});

describe("a visitor is at this machine", () => {
  const at = (
    address: string | undefined,
    headers: Record<string, string> = {},
    url = "http://localhost:4170/",
  ): boolean =>
    isLocal(
      new Request(url, { headers: { host: new URL(url).host, ...headers } }),
      address === undefined ? {} : { address },
    );

  it.each(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])("from %s", (address) =>
    expect(at(address)).toBe(true),
  );
  it.each([
    undefined,
    "10.0.0.1",
    "::ffff:10.0.0.1",
    "localhost",
    "127.0.0.1.evil.example",
    "0.0.0.0",
    "",
    "1127.0.0.1",
  ])("not from %s", (address) => expect(at(address)).toBe(false));
  it.each(["http://localhost/", "http://127.0.0.1:80/", "http://[::1]:4170/", "http://127.1.2.3/"])(
    "under %s",
    (url) => expect(at("127.0.0.1", {}, url)).toBe(true),
  );
  it.each([
    "http://evil.example/",
    "http://localhost.evil.example/",
    "http://10.0.0.1/",
    "http://127.0.0.1.nip.io/",
  ])("not under %s, to which any name may lead", (url) => expect(at("127.0.0.1", {}, url)).toBe(false));
  it.each([
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-anything",
    "x-real-ip",
    "via",
  ])("not with the header %s: a proxy stands between", (name) =>
    expect(at("127.0.0.1", { [name]: "127.0.0.1" })).toBe(false),
  );
  it.each([
    ["origin", "http://evil.example"],
    ["origin", "null"],
    ["referer", "http://evil.example/page"],
    ["referer", "no address"],
    ["host", "evil.example"],
    ["host", ""],
  ])("not with %s %j", (name, value) => expect(at("127.0.0.1", { [name]: value })).toBe(false));
  it("with an origin and a referer of this machine", () =>
    expect(at("127.0.0.1", { origin: "http://localhost:4170", referer: "http://127.0.0.1/x" })).toBe(true));
});
