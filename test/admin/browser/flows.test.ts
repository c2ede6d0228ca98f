// What people do here, by clicking: search, filter, select, act, edit, and what they are told when something is wrong.
import { describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { browserTest, phone } from "./browser.ts";
import { addTask, makeWorld, type World } from "./fixtures/world.ts";

const { open, server } = browserTest();

const rowCount = (page: Page): Promise<number> => page.locator("tbody tr").count();
const rows = (page: Page) => page.locator("tbody tr");

async function openList(path: string, world?: World): Promise<{ page: Page; world: World }> {
  const opened = await open(path, world ? { world } : {});
  await rows(opened.page).first().waitFor();
  return opened;
}

describe("a list", () => {
  it("is searched as one types, and the address says so", async () => {
    const { page } = await openList("failed");
    await page.getByRole("searchbox").fill("card.charge");
    await page.waitForURL(/q=card\.charge/);
    await page.waitForFunction(() =>
      [...document.querySelectorAll("tbody tr")].every((row) => row.textContent?.includes("card.charge")),
    );
    await page.getByRole("button", { name: "Clear the search" }).click();
    await page.getByText("1–96 of 96").waitFor();
  });

  it("underlines what was not understood in a search and says what is", async () => {
    const { page } = await open("failed?q=mail+colour:red");
    await page.getByRole("alert").getByText('There is no field "colour"').waitFor();
    expect(await page.locator("mark").textContent()).toBe("colour");
  });

  it("is narrowed by a filter whose values come from the server, and widened by its cross", async () => {
    const { page } = await openList("failed");
    await page.getByRole("button", { name: "Queue", exact: true }).first().click();
    await page.getByRole("dialog").getByLabel("mail", { exact: true }).check();
    await page.waitForURL(/queue=mail/);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.querySelector("tbody")?.textContent?.includes("default"));
    await page.getByRole("button", { name: "Remove the filter Queue" }).click();
    await page.getByText("1–96 of 96").waitFor();
  });

  it("is sorted by a head, and says by which", async () => {
    const { page } = await openList("failed");
    await page.getByRole("button", { name: "Func", exact: true }).last().click();
    await page.waitForURL(/sort=func/);
    expect(await page.locator('th[aria-sort="ascending"]').textContent()).toBe("Func");
  });

  it("is paged by keyset, counts exactly on demand, and comes back from its last page", async () => {
    const { page } = await openList("successful");
    await page.getByText("1–100 of 1,000+").waitFor();
    await page.getByRole("button", { name: "Older" }).click();
    await page.getByText("101–200 of 1,000+").waitFor();
    await page.getByRole("button", { name: "count exactly" }).click();
    await page.getByText("101–200 of 1,204").waitFor();
    await page.getByRole("button", { name: "Last" }).click();
    await page.getByText("1,105–1,204 of 1,204").waitFor();
    await page.getByRole("button", { name: "First" }).click();
    await page.getByText("1–100 of 1,204").waitFor();
  });

  it("shows the columns one chooses, and keeps them", async () => {
    const { page } = await openList("failed");
    await page.getByRole("button", { name: "Columns" }).click();
    await page.getByRole("dialog").getByLabel("Attempts", { exact: true }).check();
    await page.waitForURL(/columns=/);
    await page.keyboard.press("Escape");
    await page.getByRole("columnheader", { name: "Attempts" }).waitFor();
    await page.goto(`${server().url}${server().base}failed`);
    await page.getByRole("columnheader", { name: "Attempts" }).waitFor();
  });

  it("opens a row by a click anywhere in it, and comes back to the same list", async () => {
    const { page } = await openList("failed?queue=long");
    await rows(page).first().locator("td").nth(3).click();
    await page.getByRole("tab", { name: "Summary" }).waitFor();
    await page.goBack();
    await page.getByRole("button", { name: "Remove the filter Queue" }).waitFor();
    expect(page.url()).toContain("queue=long");
  });

  it("says what to do when nothing matches, and when there is nothing at all", async () => {
    const { page } = await open("failed?q=zzzz");
    await page.getByRole("heading", { name: "Nothing matches" }).waitFor();
    await page.getByRole("button", { name: "Clear search and filters" }).click();
    await rows(page).first().waitFor();
    const { page: empty } = await open("scheduled", { world: makeWorld({ empty: true }) });
    await empty.getByRole("heading", { name: "No schedules yet." }).waitFor();
  });
});

describe("an action", () => {
  it("without questions runs at once and tells what it did", async () => {
    const { page, world } = await openList("failed");
    const id = (await rows(page).first().getAttribute("data-id")) ?? "";
    await rows(page).first().locator("[data-row-menu]").click();
    await page.getByRole("menuitem", { name: "Resubmit", exact: false }).first().click();
    await page.getByText("Resubmit: 1 failed task").waitFor();
    expect(world.rows["failure"]?.some((row) => row.id === id)).toBe(false);
  });

  it("on several rows asks first, with examples and consequences, and its button names the deed", async () => {
    const { page, world } = await openList("failed");
    await page.getByRole("checkbox").nth(1).click();
    await page
      .getByRole("checkbox")
      .nth(4)
      .click({ modifiers: ["Shift"] });
    await page.getByText("4 selected").waitFor();
    await page.getByRole("button", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("2 schedules will show no last run.").waitFor();
    await dialog.getByLabel("Reason").fill("sent twice");
    await dialog.getByRole("button", { name: "Delete 4 failed tasks" }).click();
    await page.getByText("Delete: 4 failed tasks").waitFor();
    const sent = world.asked.find(({ path }) => path === "models/failure/actions/delete");
    expect(sent?.body).toMatchObject({ reason: "sent twice" });
    expect(world.rows["failure"]?.length).toBe(92);
    await page.getByText("4 selected").waitFor({ state: "detached" });
  });

  it("on all that match wants the number typed, and goes on in the background", async () => {
    const { page, world } = await openList("successful");
    await page.getByRole("checkbox", { name: "Select all on this page" }).click();
    await page.getByRole("button", { name: "Select all 1,000+ matching" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    const button = page.getByRole("dialog").getByRole("button", { name: "Delete 1,204 successful tasks" });
    await button.waitFor();
    expect(await button.isDisabled()).toBe(true);
    await page.getByLabel("Type 1,204 to go on").fill("1204");
    await button.click();
    const strip = page.getByRole("region", { name: "Operations under way" });
    await strip.getByText("Done: 1,202").waitFor();
    await strip.getByRole("button", { name: "2 skipped" }).click();
    await page.getByRole("dialog").getByText("Its unique key is queued already.").waitFor();
    expect(world.operations.length).toBe(1);
  });

  it("that can't be done says why, where it is offered", async () => {
    const { page } = await openList("scheduled");
    await rows(page).filter({ hasText: "digest" }).locator("[data-row-menu]").click();
    const resume = page.getByRole("menuitem", { name: /Resume/ });
    await resume.getByText("It is not paused.").waitFor();
    expect(await resume.isDisabled()).toBe(true);
  });
});

describe("a live list", () => {
  const come = (model: string, number: number, capped = false): void =>
    server().tell("new", { model, count: { number, capped } });
  const asksOf = (world: World, since: number): string[] =>
    world.asked.slice(since).flatMap(({ path, query }) => (path === "models/failure" ? [query] : []));

  it("tells of new rows without moving the others, and shows them when asked", async () => {
    const { page, world } = await openList("failed");
    await page.getByText("Live", { exact: true }).waitFor();
    const first = await rows(page).first().getAttribute("data-id");
    const before = (await rows(page).first().boundingBox())!;
    addTask(world, "failure");
    addTask(world, "failure");
    come("failure", 2);
    const show = page.getByRole("button", { name: "2 new · show" });
    await show.waitFor();
    expect(await rows(page).first().getAttribute("data-id")).toBe(first);
    // It stands over no row and has moved none.
    const box = (await show.boundingBox())!;
    const after = (await rows(page).first().boundingBox())!;
    expect([after.y, box.y + box.height <= after.y - 33]).toEqual([before.y, true]);
    await page.getByRole("status").getByText("2 new rows", { exact: true }).waitFor({ state: "attached" });
    addTask(world, "failure");
    come("failure", 1);
    await page.getByRole("button", { name: "3 new · show" }).click();
    await page.waitForFunction(
      (id) => document.querySelector("tbody tr")?.getAttribute("data-id") !== id,
      first,
    );
    expect(await page.getByRole("button", { name: /new · show/ }).count()).toBe(0);
  });

  it("reads no more when a whole page of new rows waits", async () => {
    const { page, world } = await openList("failed?limit=25");
    await page.getByText("Live", { exact: true }).waitFor();
    for (let index = 0; index < 30; index++) addTask(world, "failure");
    come("failure", 30);
    await page.getByRole("button", { name: "25+ new · show" }).waitFor();
    const asked = world.asked.length;
    for (let index = 0; index < 3; index++) come("failure", 9);
    // This is the next to be carried out: had there been another look, it would have been before it.
    server().tell("rows", { model: "failure", ids: [(await rows(page).first().getAttribute("data-id"))!] });
    await page.waitForResponse((response) => response.url().includes("ids="));
    expect(asksOf(world, asked).filter((query) => !query.includes("ids="))).toEqual([]);
  });

  it("on a later page the button leads to the first, where the new ones are", async () => {
    const { page } = await openList("successful");
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Older" }).click();
    await page.getByText("101–200 of 1,000+").waitFor();
    come("success", 100, true);
    await page.getByRole("button", { name: "100+ new · show" }).click();
    await page.getByText("1–100 of 1,000+").waitFor();
  });

  it("greys rows that left until one moves on, and reads no others than those in view that are named", async () => {
    const { page, world } = await openList("failed");
    await page.getByText("Live", { exact: true }).waitFor();
    // As soon as the stream holds there is one look at everything.
    await page.waitForResponse((response) => response.url().includes("models/failure?"));
    const [one, other] = (world.rows["failure"] ?? []).slice(2, 4).map(({ id }) => id) as [string, string];
    world.rows["failure"]?.splice(2, 1);
    const asked = world.asked.length;
    server().tell("rows", { model: "failure", ids: ["somewhere-else", one, other] });
    await page.locator(`tr[data-id="${one}"][data-gone]`).waitFor();
    expect(await rowCount(page)).toBe(96);
    const named = asksOf(world, asked).filter((query) => query.includes("ids="));
    expect(named.map((query) => new URLSearchParams(query).get("ids"))).toEqual([`${one},${other}`]);
  });

  it("a hand on the rows keeps those that left where they are; without one the others move up", async () => {
    const { page, world } = await openList("failed");
    await page.clock.install();
    await page.reload();
    await page.getByText("Live", { exact: true }).waitFor();
    await rows(page).nth(5).hover();
    const gone = world.rows["failure"]?.splice(2, 1)[0]?.id ?? "";
    server().tell("rows", { model: "failure", ids: [gone] });
    const greyed = page.locator(`tr[data-id="${gone}"][data-gone]`);
    await greyed.waitFor();
    expect(await page.getByText("95 of 95").count()).toBe(1);
    await page.clock.fastForward(10_000);
    expect(await greyed.count()).toBe(1);
    await page.mouse.move(1, 1);
    await page.clock.fastForward(2_100);
    await page.clock.fastForward(2_100);
    await greyed.waitFor({ state: "detached" });
    expect(await rowCount(page)).toBe(95);
  });

  it("changes nothing while rows are selected", async () => {
    const { page, world } = await openList("failed");
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("checkbox").nth(1).click();
    addTask(world, "failure");
    const asked = world.asked.length;
    come("failure", 1);
    server().tell("counts", { counts: { failure: { number: 97, capped: false } } });
    await page.getByRole("navigation").getByText("97").waitFor();
    expect(asksOf(world, asked)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "1 new · show" }).waitFor();
  });

  it("shows nothing that it had asked for before one began to select", async () => {
    const { page, world } = await openList("failed");
    await page.getByText("Live", { exact: true }).waitFor();
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route("**/api/models/failure?*", (route) => released.then(() => route.continue()));
    addTask(world, "failure");
    come("failure", 1);
    await page.waitForRequest(/models\/failure/);
    await page.getByRole("checkbox").nth(1).click();
    await page.getByText("1 selected").waitFor();
    const answered = page.waitForResponse(/models\/failure/);
    release();
    await (await answered).finished();
    server().tell("counts", { counts: { failure: { number: 97, capped: false } } });
    await page.getByRole("navigation").getByText("97").waitFor();
    expect(await page.getByRole("button", { name: "1 new · show" }).count()).toBe(0);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "1 new · show" }).waitFor();
  });

  it("rows that push nobody come in by themselves", async () => {
    const { page, world } = await openList("running");
    await page.getByText("Live", { exact: true }).waitFor();
    const [first] = world.rows["running"] ?? [];
    const before = await rowCount(page);
    world.rows["running"]?.push({
      ...first!,
      id: "just-started",
      cells: { ...first!.cells, started: Date.now() + 1_000 },
    });
    come("running", 1);
    await page.locator('tr[data-id="just-started"]').waitFor();
    expect([await rowCount(page), await rows(page).last().getAttribute("data-id")]).toEqual([
      before + 1,
      "just-started",
    ]);
  });

  it("tabs share one stream, and when the one that has it goes another takes it over", async () => {
    const { page, world } = await openList("failed");
    await page.getByText("Live", { exact: true }).waitFor();
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.getByText("Live", { exact: true }).waitFor();
    expect(server().listeners()).toBe(1);
    addTask(world, "failure");
    come("failure", 1);
    for (const one of [page, other]) await one.getByRole("button", { name: "1 new · show" }).waitFor();
    await page.goto("about:blank");
    addTask(world, "failure");
    // The stream that it opens says so, and that is a look.
    await other.getByRole("button", { name: "2 new · show" }).waitFor();
    expect(server().listeners()).toBe(1);
    await other.close();
  });

  it("asks every few seconds where no stream holds", async () => {
    server().streams = false;
    try {
      const { page } = await openList("failed");
      await page.getByText("Every 5 s").waitFor();
    } finally {
      server().streams = true;
    }
  });

  it("asks every few seconds where the stream's head comes through and nothing else", async () => {
    server().streams = "silent";
    try {
      const { page } = await openList("failed");
      await page.clock.install();
      await page.reload();
      await rows(page).first().waitFor();
      await page.clock.fastForward(6_100);
      await page.getByText("Every 5 s").waitFor();
    } finally {
      server().streams = true;
    }
  });
});

describe("a form", () => {
  it("shows its mistakes at the fields and in a summary that takes the focus, and keeps what was typed", async () => {
    const { page } = await open("scheduled/new");
    await page.getByLabel("Name").fill("weekly mail");
    await page.getByLabel("Input").fill('{\n  "to": oops\n}');
    await page.getByRole("button", { name: "Save", exact: true }).click();
    const summary = page.getByRole("alert");
    await summary.getByText("2 fields need your attention").waitFor();
    await summary.getByText("Line 2, column 9").waitFor();
    expect(await page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe("alert");
    expect(await page.getByLabel("Name").inputValue()).toBe("weekly mail");
    await summary.getByRole("link", { name: "Func" }).click();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("field-func");
  });

  it("shows the fields its type asks for, and what the schedule means while one types", async () => {
    const { page } = await open("scheduled/new");
    const preview = page.getByRole("complementary", { name: "Next runs" });
    await preview.getByText("Every day at 07:00").waitFor();
    await preview.getByText("Clocks go forward by 1 h").waitFor();
    expect(await preview.getByText("for you").count()).toBe(10);
    expect(await page.getByLabel("Cron").count()).toBe(0);
    await page.getByLabel("Type").selectOption("cron");
    await page.getByLabel("Cron").fill("0 0 30 2 *");
    await preview.getByText("This never comes").waitFor();
    await page.getByLabel("Cron").fill("0 7 * * 1-5");
    await preview.getByText("At 07:00, Monday through Friday").waitFor();
    await page.getByLabel("Repeats").fill("3");
    await preview.getByText("ends after 3 runs").waitFor();
  });

  it("saves and comes back to the list, and shows the server's refusal at its field", async () => {
    const { page, world } = await open("scheduled/new");
    await page.getByLabel("Name").fill("weekly mail");
    await page.getByLabel("Func").fill("no.such");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("alert").getByText('No task function is called "no.such"').waitFor();
    await page.getByLabel("Func").fill("mail.welcome");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await rows(page).filter({ hasText: "weekly mail" }).waitFor();
    const sent = world.asked.findLast(({ path, method }) => path === "models/schedule" && method === "POST");
    // A field that does not show is not sent.
    expect(sent?.body).not.toHaveProperty("values.cron");
  });

  it("asks before what was typed is lost", async () => {
    const { page } = await open("scheduled/1");
    await page.getByLabel("Note").fill("half a thought");
    await page.getByRole("link", { name: "Audit" }).click();
    await page
      .getByRole("dialog", { name: "Leave without saving?" })
      .getByRole("button", { name: "Stay" })
      .click();
    expect(await page.getByLabel("Note").inputValue()).toBe("half a thought");
    await page.getByRole("link", { name: "Audit" }).click();
    await page.getByRole("button", { name: "Leave and lose them" }).click();
    await page.getByRole("heading", { name: "Audit" }).waitFor();
  });

  it("shows both sides when somebody saved meanwhile, and saves what one chose", async () => {
    const { page, world } = await open("scheduled/1");
    await page.getByLabel("Note").fill("conflict");
    await page.getByRole("button", { name: "Save and continue editing" }).click();
    const dialog = page.getByRole("dialog", { name: "Someone saved this meanwhile" });
    await dialog.getByText("anna was here").waitFor();
    await dialog.getByRole("button", { name: "Use what is chosen" }).click();
    expect(await page.getByLabel("Note").inputValue()).toBe("conflict");
    expect(await page.getByLabel("Repeats").inputValue()).toBe("-13");
    await page.getByRole("button", { name: "Save and continue editing" }).click();
    await page.getByText("Schedule: saved").waitFor();
    expect(world.asked.filter(({ method }) => method === "PATCH").length).toBe(2);
  });
});

describe("the door", () => {
  it("opens with name and password, and says so when they do not fit", async () => {
    const { page } = await open("failed", { world: makeWorld({ loggedIn: false }) });
    await page.getByLabel("Name").fill("anna");
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").getByText("Name and password do not fit.").waitFor();
    await page.getByLabel("Password").fill("correct horse");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { name: "Failed tasks" }).waitFor();
  });

  it("comes back when the session ends", async () => {
    const { page, world } = await openList("failed");
    world.loggedIn = false;
    await page.getByRole("button", { name: "Started" }).last().click();
    await page.getByLabel("Password").waitFor();
  });

  it("says how to open it where it is closed", async () => {
    const { page } = await open("", { world: makeWorld({ closed: true }) });
    await page.getByText("Set authenticate in createAdmin").waitFor();
  });
});

describe("on a phone", () => {
  it("filters and actions are sheets, and every action is possible", async () => {
    const { page } = await open("failed", { size: phone });
    await page.getByRole("button", { name: "Filters" }).click();
    const sheet = page.getByRole("dialog", { name: "Filters" });
    await sheet.getByText("How it ended").click();
    await sheet.getByLabel("Timeout").check();
    await sheet.getByRole("button", { name: "Show" }).click();
    await page.getByRole("button", { name: "Filters (1)" }).waitFor();
    await page.locator("[data-row-menu]").first().click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page
      .getByRole("dialog", { name: /^Delete 1/ })
      .getByRole("button", { name: "Delete 1 failed task" })
      .click();
    await page.getByText("Delete: 1 failed task").waitFor();
  });

  it("one card, the whole page and all that match can be selected", async () => {
    const { page } = await open("successful", { size: phone });
    await page.getByRole("checkbox").first().check();
    const bar = page.getByRole("region", { name: "Selection" });
    await bar.getByText("1 selected").waitFor();
    await bar.getByRole("button", { name: "Select all on this page" }).click();
    await bar.getByText("100 selected").waitFor();
    await bar.getByRole("button", { name: /^Select all .* matching$/ }).click();
    await bar.getByText("1,000+ selected").waitFor();
  });
});
