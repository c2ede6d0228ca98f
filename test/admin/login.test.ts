// Logging in: passwords, sessions that end, tokens, and how often one may try.
import { afterEach, describe, expect, it } from "vitest";
import type { Boot } from "../../src/admin/contract.ts";
import { createAdmin, hashPassword, type AdminOptions } from "../../src/admin/index.ts";
import { clientKey } from "../../src/client/client.ts";
import { passwordFits } from "../../src/admin/password.ts";
import { Quern } from "../../src/index.ts";
import { manualClock, type ManualClock } from "../../src/testing/manual-clock.ts";
import { AdminUnderTest } from "./admin-under-test.ts";

const hash = await hashPassword("correct horse");
const token = "t".repeat(40);
const minute = 60_000;

let under: AdminUnderTest;
let clock: ManualClock;
afterEach(() => under.close());

function open(options: AdminOptions = {}): void {
  clock = manualClock();
  const passwords = { ann: { hash, role: "admin" as const }, bob: { hash } };
  under = new AdminUnderTest(
    { debug: false, authenticate: { passwords, tokens: { robot: { token } } }, ...options },
    {},
    clock,
  );
}

const address = "10.0.0.9";
const enter = (name: string, password: string, from = address, host = "admin.example") =>
  under.ask("POST", "/api/login", { body: { name, password }, address: from, host });
const cookieOf = (answer: { headers: Headers }): string => answer.headers.get("set-cookie")!.split(";")[0]!;
const whoIs = async (headers: Record<string, string>): Promise<string | null> =>
  (await under.get<Boot>("/api/boot", { headers, address, host: "admin.example" })).json.user?.name ?? null;

describe("a password", () => {
  it("that fits begins a session, and its cookie is for this site only", async () => {
    open();
    const answer = await enter("ann", "correct horse");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("set-cookie")).toMatch(
      /^quern=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
    );
    expect(await whoIs({ cookie: cookieOf(answer) })).toBe("ann");
    expect(await whoIs({ cookie: `other=1; ${cookieOf(answer)}; more=2` })).toBe("ann");
  });

  it("over https is kept in a cookie with the prefix that no other site can set", async () => {
    open({ trustProxy: true });
    const https = { "x-forwarded-proto": "https", "x-forwarded-for": address };
    const answer = await under.ask("POST", "/api/login", {
      body: { name: "ann", password: "correct horse" },
      headers: https,
      address,
    });
    expect(answer.headers.get("set-cookie")).toMatch(
      /^__Host-quern=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure$/,
    );
    expect(await whoIs({ ...https, cookie: cookieOf(answer) })).toBe("ann");
    expect(await whoIs({ cookie: cookieOf(answer) })).toBe(null);
  });

  it("that is wrong and a user who is not there get the same answer", async () => {
    open();
    const [wrong, nobody] = [await enter("ann", "wrong"), await enter("nobody", "wrong", "10.0.0.8")];
    expect([wrong.status, nobody.status]).toEqual([401, 401]);
    expect({ ...wrong.json.error, requestId: "" }).toEqual({ ...nobody.json.error, requestId: "" });
    expect(wrong.headers.get("set-cookie")).toBe(null);
    const audits = await (await under.store()).audits(9);
    expect(audits.map(({ who, outcome }) => [who, outcome])).toEqual([
      ["nobody", "refused"],
      ["ann", "refused"],
    ]);
  });

  it("may be tried five times a minute by one user", async () => {
    open();
    for (let count = 0; count < 5; count++)
      expect((await enter("ann", "wrong", `10.0.1.${count}`)).status).toBe(401);
    const refused = await enter("ann", "correct horse", "10.0.2.1");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"]);
    await clock.advance(minute);
    expect((await enter("ann", "correct horse", "10.0.2.1")).status).toBe(200);
  });

  it("may be tried five times a minute from one address, whoever it is for", async () => {
    open();
    for (let count = 0; count < 5; count++) await enter(`user-${count}`, "wrong");
    expect((await enter("bob", "correct horse")).status).toBe(429);
    expect((await enter("bob", "correct horse", "10.0.0.8")).status).toBe(200);
  });

  it("stands in the configuration as a hash, with a salt of its own", async () => {
    const [one, two] = [await hashPassword("a"), await hashPassword("a")];
    expect(one === two).toBe(false);
    expect([
      await passwordFits("a", one),
      await passwordFits("b", one),
      await passwordFits("a", undefined),
    ]).toEqual([true, false, false]);
    open();
    const quern = new Quern({ tasks: [], database: "memory:" });
    expect(() => createAdmin(quern, { authenticate: { passwords: { ann: { hash: "plain" } } } })).toThrow(
      /hashPassword/,
    );
    expect(() => createAdmin(quern, { authenticate: { tokens: { ann: { token: "short" } } } })).toThrow(
      /32 characters/,
    );
    await quern.close();
  });
});

describe("a session", () => {
  it("ends when nobody was there for half an hour, and not before", async () => {
    open();
    const cookie = cookieOf(await enter("ann", "correct horse"));
    for (let passed = 0; passed < 100; passed += 20) {
      await clock.advance(20 * minute);
      expect(await whoIs({ cookie })).toBe("ann");
    }
    await clock.advance(31 * minute);
    expect(await whoIs({ cookie })).toBe(null);
  });

  it("ends after twelve hours, however busy", async () => {
    open();
    const cookie = cookieOf(await enter("ann", "correct horse"));
    for (let passed = 0; passed < 12 * 60; passed += 20) {
      expect(await whoIs({ cookie })).toBe("ann");
      await clock.advance(20 * minute);
    }
    await clock.advance(1);
    expect(await whoIs({ cookie })).toBe(null);
  });

  it("ends on the server when one logs out, and another login has another one", async () => {
    open();
    const first = cookieOf(await enter("ann", "correct horse"));
    const second = cookieOf(await enter("ann", "correct horse"));
    expect(first === second).toBe(false);
    const out = await under.ask("POST", "/api/logout", {
      body: {},
      headers: { cookie: first },
      address,
      host: "admin.example",
    });
    expect(out.headers.get("set-cookie")).toContain("Max-Age=0");
    expect([await whoIs({ cookie: first }), await whoIs({ cookie: second })]).toEqual([null, "ann"]);
  });

  it("is not made by what stands in the database", async () => {
    open();
    await enter("ann", "correct horse");
    const [row] = await (await under.store()).metas("session:", { limit: 9 });
    expect(
      await whoIs({ cookie: `quern=${row!.key.slice("session:".length, "session:".length + 43)}` }),
    ).toBe(null);
  });

  it("ends with the password that began it", async () => {
    open();
    const cookie = cookieOf(await enter("ann", "correct horse"));
    const changed = createAdmin(
      { [clientKey]: under.client },
      { debug: false, authenticate: { passwords: { ann: { hash: await hashPassword("another") } } } },
    );
    const request = new Request("http://admin.example/api/counts", {
      headers: { cookie, host: "admin.example" },
    });
    expect((await changed(request, { address })).status).toBe(401);
  });

  it("has the role that the account has now", async () => {
    open();
    const cookie = cookieOf(await enter("bob", "correct horse"));
    const boot = await under.get<Boot>("/api/boot", { headers: { cookie }, address, host: "admin.example" });
    expect(boot.json.user?.role).toBe("viewer");
    // Another process on the same database, where bob has been taken out of the configuration.
    const without = createAdmin(
      { [clientKey]: under.client },
      { debug: false, authenticate: { passwords: { ann: { hash } } } },
    );
    const request = new Request("http://admin.example/api/counts", {
      headers: { cookie, host: "admin.example" },
    });
    expect((await without(request, { address })).status).toBe(401);
  });
});

describe("a bearer token", () => {
  it("logs in by the header alone, never by an address", async () => {
    open();
    expect(await whoIs({ authorization: `Bearer ${token}` })).toBe("robot");
    for (const wrong of [`Bearer ${token}x`, `Bearer ${token.slice(1)}`, `Basic ${token}`, token, "Bearer "])
      expect(await whoIs({ authorization: wrong })).toBe(null);
    expect((await under.get(`/api/counts?token=${token}`, { address })).status).toBe(401);
  });
});

describe("the application's own users", () => {
  it("are who it says they are, and viewers unless it says more", async () => {
    open({
      authenticate: async (request) => (request.headers.get("x-user") === "eve" ? { name: "eve" } : null),
    });
    const { json } = await under.get<Boot>("/api/boot", { headers: { "x-user": "eve" }, address });
    expect([json.user, json.login]).toEqual([{ name: "eve", role: "viewer" }, "elsewhere"]);
    expect((await under.get("/api/counts", { address })).status).toBe(401);
    expect((await enter("eve", "x")).status).toBe(404);
  });
});

describe("a token of the application's own", () => {
  const own = { authorization: "Bearer own-token" };
  const custom = (request: Request) =>
    request.headers.get("authorization") === own.authorization
      ? { name: "eve", role: "admin" as const }
      : null;

  it("is shown to its function, beside tokens of the configuration", async () => {
    open({ authenticate: { tokens: { robot: { token } }, custom } });
    expect([await whoIs(own), await whoIs({ authorization: `Bearer ${token}` })]).toEqual(["eve", "robot"]);
    expect(await whoIs({ authorization: "Bearer other" })).toBe(null);
  });

  it("does not let a page of another site write, for a proxy may have added it", async () => {
    open({ authenticate: custom });
    const write = (headers: Record<string, string>) =>
      under.ask("POST", "/api/models/failure/actions/delete", {
        body: { operation: "operation-1", ids: ["none-1"] },
        headers: { ...own, ...headers },
        address,
      });
    expect((await write({ "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await write({ "sec-fetch-site": "same-origin" })).status).toBe(404);
  });
});
