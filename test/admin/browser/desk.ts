// One person at the real admin, for a test: its own store and server, a page on it, and what one clicks most.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import type { FormValue, SaveAnswer } from "../../../src/admin/contract.ts";
import { type AdminOptions, hashPassword } from "../../../src/admin/index.ts";
import { type Cluster, startCluster } from "../../../src/cluster/cluster.ts";
import { nodeAdmin, type NodeListener } from "../../../src/adapters/node.ts";
import type { QuernOptions } from "../../../src/core/options.ts";
import { AdminUnderTest } from "../admin-under-test.ts";
import { watchedPages } from "./browser.ts";

export interface Desk {
  under: AdminUnderTest;
  page: Page;
  /** Another page of the same admin. */
  goto: (path: string) => Promise<void>;
  /** A whole cluster, in this process, until the test ends. */
  work: (name: string) => Promise<Cluster>;
}

export type Account = { role: "viewer" | "operator" | "admin"; grants?: string[] };

const password = "correct horse";

/** To be called at the head of a test file: `sit` opens an admin of its own, which is gone after the test. */
export function desk(): {
  sit: (
    path: string,
    options?: Partial<AdminOptions>,
    quern?: Partial<QuernOptions>,
    before?: (under: AdminUnderTest) => unknown,
  ) => Promise<Desk>;
  sitAs: (account: Account, path: string, before?: (under: AdminUnderTest) => unknown) => Promise<Desk>;
} {
  let server: Server;
  let origin = "";
  let listener: NodeListener | undefined;
  let under: AdminUnderTest | undefined;
  let clusters: Cluster[] = [];
  // One address for the file, so that the browser knows the app's files; behind it each test's own admin.
  beforeAll(async () => {
    server = createServer((request, response) =>
      listener ? void listener(request, response) : response.writeHead(503).end(),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  const open = watchedPages(() => origin);
  afterEach(async () => {
    for (const cluster of clusters) await cluster.stop({ now: true });
    clusters = [];
    await under?.close();
    under = listener = undefined;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const sit: ReturnType<typeof desk>["sit"] = async (path, options = {}, quern = {}, before) => {
    const admin = (under = new AdminUnderTest({ debug: true, ...options }, quern));
    await before?.(admin);
    listener = nodeAdmin(admin.admin);
    const page = await open(path);
    return {
      under: admin,
      page,
      work: async (name) => {
        const cluster = await startCluster(admin.client, { name });
        clusters.push(cluster);
        return cluster;
      },
      goto: async (to) => void (await page.goto(`${origin}/${to.replace(/^\//, "")}`)),
    };
  };
  return {
    sit,
    async sitAs(account, path, before) {
      const passwords = { ann: { ...account, hash: await hashPassword(password) } };
      const sat = await sit(path, { debug: false, authenticate: { passwords } }, {}, before);
      await sat.page.getByLabel("Name").fill("ann");
      await sat.page.getByLabel("Password").fill(password);
      await sat.page.getByRole("button", { name: "Log in" }).click();
      await sat.page.getByRole("heading", { level: 1 }).waitFor();
      return sat;
    },
  };
}

export const rows = (page: Page): Locator => page.locator("tbody tr");
export const row = (page: Page, text: string): Locator => rows(page).filter({ hasText: text });
export const heads = async (page: Page): Promise<string[]> =>
  (await page.getByRole("columnheader").allTextContents()).filter(
    (one) => one !== "" && one !== "Actions" && !one.startsWith("Select"),
  );

/** The cell of a row under that head. */
export async function cell(page: Page, text: string, head: string): Promise<Locator> {
  const names = await page.getByRole("columnheader").allTextContents();
  return row(page, text)
    .locator("td")
    .nth(names.findIndex((one) => one.startsWith(head)));
}

/** By the menu of a row, as whoever has no keys at hand. */
export async function choose(page: Page, text: string, action: string): Promise<void> {
  await row(page, text).locator("[data-row-menu]").click();
  await page.getByRole("menuitem", { name: action, exact: true }).click();
}

/** Makes it due at a moment that has passed, as if nobody had looked since. */
export async function dueSince(under: AdminUnderTest, id: string, nextRun: number): Promise<void> {
  const store = await under.store();
  const read = (await store.schedule(id))!;
  await store.saveSchedule({ ...read, nextRun, version: read.version + 1 }, read);
}

export const field = (page: Page, label: string): Locator =>
  page.getByRole("main").locator("form").getByLabel(label, { exact: false }).first();

export const save = (page: Page, how = "Save"): Promise<void> =>
  page.getByRole("button", { name: how, exact: true }).click();

/** A schedule, made without clicks: where the test is not about making one. */
export async function schedule(under: AdminUnderTest, values: Record<string, FormValue>): Promise<string> {
  const body = { values: { func: "math.add", input: '{"a":1}', type: "daily", timeZone: "UTC", ...values } };
  const { status, json, text } = await under.ask<SaveAnswer>("POST", "/api/models/schedule", { body });
  if (status !== 201) throw new Error(`${status} ${text}`);
  return json.id;
}

export const confirm = (page: Page, button: RegExp): Promise<void> =>
  page.getByRole("dialog").getByRole("button", { name: button }).click();

/** What the browser of whoever is logged in gets for it, whatever the page offers. */
export const sent = (page: Page, method: string, path: string, body: object): Promise<number> =>
  page.evaluate(
    async ({ method, path, body }) => {
      const headers = { "content-type": "application/json", "if-match": '"1"' };
      return (await fetch(`/api/models/${path}`, { method, headers, body })).status;
    },
    { method, path, body: JSON.stringify(body) },
  );

/** As if somebody had written it into the queue: its signature is that of another task. */
export async function forge(admin: AdminUnderTest, id: string): Promise<void> {
  const store = await admin.store();
  const signed = (await store.task(id))!;
  await store.deleteTasks([id]);
  const other = id.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  await store.enqueue([{ ...signed, id: other } as never]);
}
