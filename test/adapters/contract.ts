// What every adapter does, asked of the real framework on a real port: one suite for all of them.
import { once } from "node:events";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAdmin } from "../../src/admin/index.ts";
import type { AdminHandler } from "../../src/adapters/node.ts";
import { clientKey } from "../../src/client/client.ts";
import { Quern } from "../../src/index.ts";

/** A framework with the admin mounted at `/quern` and a page of its own at `/own`, listening. */
export interface Mounted {
  port: number;
  close(): Promise<void>;
}

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

const token = "a-token-for-the-contract-of-adapters";
export const authenticate = { tokens: { contract: { token, role: "admin" } } } as const;

/** A framework may have to be installed and built first. */
const mountMs = 180_000;

export interface Told {
  /** Whether it is the admin that was handed in, and not one in a process of the framework's. */
  here?: boolean;
  /** Whether the framework tells the address of the socket. Where it does not, everybody counts as remote and has to log in. */
  address?: boolean;
}

export function testAdapter(
  name: string,
  mount: (admin: AdminHandler) => Promise<Mounted>,
  { address = true, here = true }: Told = {},
): void {
  describe(`the admin under ${name}`, () => {
    const quiet = { debug() {}, info() {}, warn() {}, error() {} };
    const quern = new Quern({ tasks: [], database: "memory:", workers: 0, logger: quiet });
    const admin = createAdmin(quern, { debug: true, ...(!address && { authenticate }) });
    const login: Record<string, string> = address ? {} : { authorization: `Bearer ${token}` };
    let mounted: Mounted;
    beforeAll(async () => {
      mounted = await mount(admin);
    }, mountMs);
    afterAll(async () => {
      await admin.close();
      await mounted.close();
      await quern.close();
    });

    const ask = (
      method: string,
      path: string,
      { headers = {}, body }: { headers?: Record<string, string>; body?: string } = {},
    ): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const request = httpRequest(
          {
            host: "127.0.0.1",
            port: mounted.port,
            method,
            path,
            headers: { ...login, ...headers },
            agent: false,
          },
          (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.on("end", () =>
              resolve({
                status: response.statusCode ?? 0,
                headers: response.headers,
                body: Buffer.concat(chunks).toString(),
              }),
            );
            response.on("error", reject);
          },
        );
        request.on("error", reject);
        request.end(body);
      });
    const write = { "content-type": "application/json", "sec-fetch-site": "same-origin" };

    it("answers the API, with its headers", async () => {
      const { status, headers, body } = await ask("GET", "/quern/api/boot");
      expect(status).toBe(200);
      expect(JSON.parse(body)).toMatchObject({
        label: "Quern",
        user: { name: address ? "debug" : "contract" },
      });
      expect(headers["content-security-policy"]).toContain("default-src 'none'");
      expect(headers["x-powered-by"]).toBe(undefined);
    });

    if (address)
      it("tells the address of the socket and not that of a header", async () => {
        const headers = { "x-forwarded-for": "127.0.0.1" };
        expect((await ask("GET", "/quern/api/boot", { headers })).status).toBe(403);
      });
    else
      it("opens to nobody who is not logged in, on this machine either", async () => {
        const headers = { authorization: "", "x-forwarded-for": "127.0.0.1" };
        expect((await ask("GET", "/quern/api/overview", { headers })).status).toBe(401);
      });

    it("passes the parameters of an address and of a path", async () => {
      expect((await ask("GET", "/quern/api/models/success?limit=5&q=a%20b")).status).toBe(200);
      expect((await ask("GET", "/quern/api/models/success?limit=x")).status).toBe(400);
      expect((await ask("GET", "/quern/api/models/task/none%2Fat%20all")).status).toBe(404);
    });

    it("passes bodies, whole and unread", async () => {
      const path = "/quern/api/models/success/actions/delete";
      const body = JSON.stringify({ operation: "operation-1", ids: ["a", "b"] });
      const answer = await ask("POST", path, { headers: write, body });
      expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
        200,
        { done: 0, skipped: [{ id: "a" }, { id: "b" }] },
      ]);
      expect((await ask("POST", path, { headers: write, body: "{" })).status).toBe(400);
      expect(
        (await ask("POST", path, { headers: write, body: JSON.stringify({ x: "x".repeat(2 ** 20) }) }))
          .status,
      ).toBe(400);
    });

    it.each(["/quern", "/quern/"])(
      "leads from %s to its page, which is told where it is mounted",
      async (path) => {
        let answer = await ask("GET", path);
        // Either address is the root's, as the framework likes its slashes: one leads to the other, and never back.
        if (answer.status === 308) answer = await ask("GET", String(answer.headers["location"]));
        expect([200, 503]).toContain(answer.status);
        if (answer.status === 200) expect(answer.body).toContain('content="/quern/"');
      },
    );

    it("leaves every other page to the framework", async () => {
      expect(await ask("GET", "/own")).toMatchObject({ status: 200, body: "own" });
      expect((await ask("GET", "/quernx/api/boot")).body).not.toContain("Quern");
    });

    it("streams live updates until the browser goes away", async () => {
      const controller = new AbortController();
      const answer = await fetch(`http://127.0.0.1:${mounted.port}/quern/api/stream`, {
        signal: controller.signal,
        headers: login,
      });
      expect(answer.headers.get("content-type")).toContain("text/event-stream");
      const reader = answer.body!.getReader();
      expect(new TextDecoder().decode((await reader.read()).value)).toContain("retry:");
      controller.abort();
    });

    if (here)
      it("lets go of what it holds for a browser that goes away, in the middle of a body too", async () => {
        const { store } = await quern[clientKey].open();
        const watch = store.watch.bind(store);
        const left = new Promise<void>((resolve) => {
          store.watch = (wake) => {
            const stop = watch(wake);
            return () => {
              stop();
              resolve();
            };
          };
        });
        const stream = httpRequest({
          ...{
            host: "127.0.0.1",
            port: mounted.port,
            path: "/quern/api/stream",
            headers: login,
            agent: false,
          },
        });
        const [response] = (await once(stream.end(), "response")) as [IncomingMessage];
        await once(response, "data");
        stream.destroy();
        await left;
        store.watch = watch;
        // A body that breaks off is nobody's error, and the next request is answered.
        const path = "/quern/api/models/success/actions/delete";
        const headers = { ...login, ...write, "content-length": "1000" };
        const half = httpRequest({
          ...{ host: "127.0.0.1", port: mounted.port, path, headers, method: "POST", agent: false },
        });
        const broken = once(half, "error");
        half.write("{", () => half.destroy(new Error("gone")));
        await broken;
        expect((await ask("GET", "/quern/api/boot")).status).toBe(200);
      });

    it.each(["a b", "a/b"])("answers a request whose host is %j without a fault of its own", async (host) => {
      const { status, headers } = await ask("GET", "/quern/api/boot", { headers: { host } });
      expect([400, 403]).toContain(status);
      if (here && address && headers["content-type"] !== undefined)
        expect([headers["x-frame-options"], headers["x-powered-by"]]).toEqual(["DENY", undefined]);
    });
  });
}
