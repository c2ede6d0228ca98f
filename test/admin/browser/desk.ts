// One person at the real admin, for a test: its own store and server, a page on it, and what one clicks most.
import type { Locator, Page } from "playwright-core";
import { afterEach } from "vitest";
import type { FormValue, SaveAnswer } from "../../../src/admin/contract.ts";
import { type AdminOptions, hashPassword } from "../../../src/admin/index.ts";
import { type AdminServer, serveAdmin } from "../../../src/cli/admin-server.ts";
import type { QuernOptions } from "../../../src/core/options.ts";
import { AdminUnderTest } from "../admin-under-test.ts";
import { watchedPages } from "./browser.ts";

export interface Desk {
  under: AdminUnderTest;
  page: Page;
  /** Another page of the same admin. */
  goto: (path: string) => Promise<void>;
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
  let server: AdminServer | undefined;
  let under: AdminUnderTest | undefined;
  const open = watchedPages(() => server?.address.replace(/\/$/, "") ?? "");
  afterEach(async () => {
    await server?.close();
    await under?.close();
    server = under = undefined;
  });
  const sit: ReturnType<typeof desk>["sit"] = async (path, options = {}, quern = {}, before) => {
    const admin = (under = new AdminUnderTest({ debug: true, ...options }, quern));
    await before?.(admin);
    server = await serveAdmin(admin.admin, { host: "127.0.0.1", port: 0 });
    const { address } = server;
    const page = await open(path);
    return {
      under: admin,
      page,
      goto: async (to) => void (await page.goto(address + to.replace(/^\//, ""))),
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
