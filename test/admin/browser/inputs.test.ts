// The input of a task function, typed into a form made of its schema or as JSON, on the real admin.
import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { DetailAnswer } from "../../../src/admin/contract.ts";
import { task } from "../../../src/client/registry.ts";
import { encodeError } from "../../../src/core/codec.ts";
import { axe, phone } from "./browser.ts";
import { desk, field, row, save, schedule } from "./desk.ts";

const { sit } = desk();

const order = task(
  "shop.order",
  {
    input: z.object({
      to: z.email().describe("Where the confirmation goes"),
      copies: z.int().min(1).default(1),
      kind: z.enum(["new", "gift"]),
      express: z.boolean(),
      note: z.string().nullable(),
      sendAt: z.date().optional(),
      tags: z.array(z.string().min(2)),
      address: z.object({ city: z.string(), zip: z.string().optional() }),
      extra: z.record(z.string(), z.number()).optional(),
      apiToken: z.string().optional(),
    }),
  },
  async () => 1,
);
const basket = task(
  "shop.basket",
  {
    input: z.object({
      lines: z.array(
        z.object({
          sku: z.string().min(2),
          count: z.int().default(1),
          extra: z.record(z.string(), z.number()).optional(),
          parts: z.array(z.object({ name: z.string().min(2) })).optional(),
        }),
      ),
    }),
  },
  async () => 1,
);
const tasks = { tasks: [order, basket] };
const good = {
  to: "a@b.ch",
  kind: "gift",
  express: true,
  note: null,
  tags: ["red", "blue"],
  address: { city: "Delft" },
};

const form = (page: Page) => page.getByRole("group", { name: "Input", exact: true });
const as = (page: Page, view: "Form" | "JSON") =>
  page.getByRole("button", { name: view, exact: true }).click();
const json = async (page: Page): Promise<unknown> =>
  JSON.parse(await page.locator("#field-input").inputValue());

describe("the input of a function", () => {
  it("is a form of its schema; what is refused is said beside each field, and what was typed stays", async () => {
    const { page, under } = await sit("/scheduled/new", {}, tasks);
    await field(page, "Name").fill("orders");
    await field(page, "Func").fill("shop.order");
    const input = form(page);
    await input.getByLabel("to", { exact: true }).fill("nobody");
    await input.getByLabel("copies", { exact: true }).fill("0");
    await input.getByRole("button", { name: "Add an entry" }).click();
    await input.getByLabel("tags: Entry 1").fill("r");
    await save(page);
    const summary = page.getByRole("alert");
    await summary.getByRole("link", { name: "Input › tags[0]" }).waitFor();
    await summary.getByText("Input › kind: This is required.").waitFor();
    await summary.getByRole("link", { name: "Input › address.city" }).click();
    const city = input.getByLabel("city", { exact: true });
    expect(await city.evaluate((one) => one === document.activeElement)).toBe(true);
    expect(await city.getAttribute("aria-invalid")).toBe("true");
    const to = input.getByLabel("to", { exact: true });
    expect([await to.inputValue(), await to.getAttribute("aria-invalid")]).toEqual(["nobody", "true"]);
    expect(await axe(page)).toEqual([]);
    await page.setViewportSize(phone);
    expect(await axe(page)).toEqual([]);

    await to.fill("a@b.ch");
    await input.getByLabel("copies", { exact: true }).fill("");
    await input.getByLabel("kind", { exact: true }).selectOption("gift");
    await input.getByRole("switch", { name: "express" }).click();
    await input.getByLabel("tags: Entry 1").fill("red");
    await input.getByRole("button", { name: "Add an entry" }).click();
    await input.getByLabel("tags: Entry 2").fill("blue");
    await city.fill("Delft");
    await save(page);
    await page.getByText("Scheduled task: saved").waitFor();
    const [saved] = await under.list("schedule");
    const { form: kept } = (await under.get<DetailAnswer>(`/api/models/schedule/${saved?.id}`)).json;
    expect(JSON.parse(String(kept?.values["input"]))).toEqual(good);
  });

  it("is one text as a form and as JSON, also where a part of it is no JSON yet", async () => {
    const { page } = await sit("/scheduled", {}, tasks, async (admin) => {
      await schedule(admin, { name: "orders", func: "shop.order", input: JSON.stringify(good) });
    });
    await page.getByRole("link", { name: "orders" }).click();
    const input = form(page);
    await input.getByRole("checkbox", { name: "null" }).click();
    await input.getByLabel("note", { exact: true }).fill("soon");
    await input.getByLabel("sendAt", { exact: true }).fill("2026-12-01T09:00:00");
    await input.getByRole("button", { name: "Remove entry 1" }).click();
    await input.getByLabel("extra", { exact: true }).fill('{ "a": ');
    await save(page);
    await page
      .getByRole("alert")
      .getByText(/^Input: Line \d+, column \d+: expected a value/)
      .waitFor();
    await input.getByLabel("extra", { exact: true }).fill('{ "a": 1 }');
    await as(page, "JSON");
    expect(await json(page)).toEqual({
      ...good,
      note: "soon",
      tags: ["blue"],
      sendAt: { $date: "2026-12-01T14:00:00.000Z" },
      extra: { a: 1 },
    });
    // What the schema does not name stays, and the form says that it is there.
    await page.locator("#field-input").fill(JSON.stringify({ ...good, to: "c@d.ch", later: true }));
    await as(page, "Form");
    expect(await input.getByLabel("to", { exact: true }).inputValue()).toBe("c@d.ch");
    await input.getByText("unknown to the schema: later").waitFor();
    await input.getByLabel("to", { exact: true }).fill("e@f.ch");
    await as(page, "JSON");
    expect(await json(page)).toEqual({ ...good, to: "e@f.ch", later: true });
    // What a form can't show is JSON, and nothing else.
    await page.locator("#field-input").fill('["no object"]');
    expect(await page.getByRole("button", { name: "Form", exact: true }).isDisabled()).toBe(true);
    await save(page);
    const list = page.getByRole("list", { name: "What its schema refuses" });
    await list.getByText(/expected object/).waitFor();
  });

  it("has rows of fields for a list of objects, which are added, moved and removed by the keyboard", async () => {
    const { page } = await sit("/scheduled/new", {}, tasks);
    await field(page, "Func").fill("shop.basket");
    const input = form(page);
    const entry = (position: number) => input.getByRole("group", { name: `lines: Entry ${position}` });
    const sku = (position: number) => entry(position).getByLabel("sku", { exact: true });
    const press = (position: number, name: string) =>
      entry(position).getByRole("button", { name, exact: true }).press("Enter");
    const isFocused = (locator: Locator) => locator.evaluate((one) => one === document.activeElement);
    const add = input.getByRole("button", { name: "Add an entry" });
    await add.press("Enter");
    await page.waitForFunction(() => document.activeElement?.id === "field-input.lines.0.sku");
    await page.keyboard.type("A1");
    await entry(1).getByLabel("extra", { exact: true }).fill('{ "a": ');
    for (const [position, text] of [
      [2, "B"],
      [3, "C3"],
    ] as const) {
      await add.last().press("Enter");
      await sku(position).fill(text);
    }
    await entry(3).getByRole("button", { name: "Add an entry" }).press("Enter");
    const part = entry(3).getByRole("group", { name: "lines[2].parts: Entry 1" });
    await part.getByLabel("name", { exact: true }).fill("x");
    expect(await axe(page)).toEqual([]);

    // What is no JSON yet moves with its entry; the focus stays on what was moved.
    await press(1, "Move entry 1 down");
    await page.waitForFunction(() => document.activeElement?.id === "field-input.lines.1-down");
    expect([await sku(1).inputValue(), await sku(2).inputValue()]).toEqual(["B", "A1"]);
    expect(await entry(2).getByLabel("extra", { exact: true }).inputValue()).toBe('{ "a": ');
    await entry(2).getByLabel("extra", { exact: true }).fill('{ "a": 1 }');
    await press(3, "Move entry 3 up");
    await page.waitForFunction(() => document.activeElement?.id === "field-input.lines.1-up");
    await save(page);
    const summary = page.getByRole("alert");
    await summary.getByRole("link", { name: "Input › lines[1].parts[0].name" }).waitFor();
    await summary.getByRole("link", { name: "Input › lines[0].sku" }).click();
    expect(await isFocused(sku(1))).toBe(true);
    expect(await sku(1).getAttribute("aria-invalid")).toBe("true");
    // What is refused of an entry goes with it.
    await press(1, "Move entry 1 down");
    expect(await sku(2).getAttribute("aria-invalid")).toBe("true");
    expect(await sku(1).getAttribute("aria-invalid")).toBe(null);
    await press(2, "Move entry 2 up");
    await page.setViewportSize(phone);
    expect(await axe(page)).toEqual([]);

    await press(1, "Remove entry 1");
    await page.waitForFunction(() => document.activeElement?.id === "field-input.lines.0-remove");
    await part.getByLabel("name", { exact: true }).waitFor({ state: "hidden" });
    await entry(1).getByLabel("name", { exact: true }).fill("xy");
    await as(page, "JSON");
    expect(await json(page)).toEqual({
      lines: [
        { sku: "C3", parts: [{ name: "xy" }] },
        { sku: "A1", extra: { a: 1 } },
      ],
    });
  });

  it("as JSON names the line of what is refused", async () => {
    const { page } = await sit("/scheduled/new", {}, tasks);
    await field(page, "Func").fill("shop.order");
    await form(page).waitFor();
    await as(page, "JSON");
    await page.locator("#field-input").fill(JSON.stringify({ ...good, to: "nobody", tags: ["x"] }, null, 2));
    await save(page);
    const list = page.getByRole("list", { name: "What its schema refuses" });
    await list
      .getByRole("listitem")
      .filter({ hasText: "tags[0]" })
      .getByRole("button", { name: "line 7" })
      .click();
    const selected = await page.locator("#field-input").evaluate((area) => {
      const { value, selectionStart, selectionEnd } = area as HTMLTextAreaElement;
      return value.slice(selectionStart, selectionEnd);
    });
    expect(selected).toBe('"x"');
    await list
      .getByRole("listitem")
      .filter({ hasText: "to" })
      .getByRole("button", { name: "line 2" })
      .waitFor();
  });

  it("of a queued task keeps what is hidden in it", async () => {
    let id = "";
    const { page, under } = await sit("/queued", {}, tasks, async (admin) => {
      id = await admin.enqueue(order, { ...good, apiToken: "s3cret" }, { delay: "1h" });
    });
    await row(page, "shop.order").getByRole("link").first().click();
    await page.getByRole("tab", { name: "Edit" }).click();
    const input = form(page);
    await input.getByText("Hidden; what is stored stays").waitFor();
    await input.getByLabel("city", { exact: true }).fill("Gouda");
    await save(page);
    await page.getByText("Queued task: saved").waitFor();
    // Whoever looks sees it hidden; what the function is given is not.
    const kept = JSON.stringify(await (await under.store()).task(id));
    expect([kept.includes("Gouda"), kept.includes("s3cret")]).toEqual([true, true]);
  });
});

describe("a task made by hand", () => {
  it("is queued with its input, and its page says who did it", async () => {
    const { page, under } = await sit("/queued", {}, tasks);
    await page.getByRole("link", { name: "New queued task" }).first().click();
    await field(page, "Func").fill("shop.order");
    const input = form(page);
    await input.getByLabel("to", { exact: true }).fill("a@b.ch");
    await input.getByLabel("kind", { exact: true }).selectOption("new");
    await input.getByLabel("city", { exact: true }).fill("Delft");
    await field(page, "Group").fill("by hand");
    await field(page, "Priority").fill("3");
    await save(page);
    await page.getByText("No cluster takes tasks of the queue default now.").waitFor();
    await row(page, "by hand").waitFor();
    const [task] = await under.list("queued", "columns=group,priority,func");
    expect([task?.cells["group"], task?.cells["priority"]]).toEqual(["by hand", 3]);
    const [entry] = await (await under.store()).audits(1);
    expect([entry?.action, entry?.object]).toEqual(["queued.add", task?.id]);
  });

  it("is begun from one that failed, with another input and the secrets of the first", async () => {
    let id = "";
    const { page, under, goto } = await sit("/failed", {}, tasks, async (admin) => {
      const result = encodeError(new Error("no such city"));
      id = await admin.ended(
        order,
        { ...good, apiToken: "s3cret" },
        { group: "g" },
        { outcome: "failed", result },
      );
    });
    await goto(`tasks/${id}`);
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Queue again with changes" }).click();
    await form(page).getByLabel("city", { exact: true }).fill("Gouda");
    await save(page);
    await page.getByText("Queued task: saved").waitFor();
    const [again] = await under.list("queued");
    const kept = JSON.stringify(await (await under.store()).task(again?.id ?? ""));
    expect([kept.includes("Gouda"), kept.includes("s3cret"), kept.includes(id)]).toEqual([true, true, true]);
    await goto(`tasks/${id}`);
    await page.getByRole("tab", { name: "Related" }).click();
    await row(page, "made by this one").waitFor();
  });
});
