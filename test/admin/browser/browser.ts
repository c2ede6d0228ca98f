// One Chromium for a test file: every page it opens is watched for what the CSP refused, requests to elsewhere and errors.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { launchChromium } from "../../../scripts/chromium.mjs";
import { makeWorld, type World } from "./fixtures/world.ts";
import { type FixtureServer, serveFixtures } from "./fixtures/server.ts";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const wide = { width: 1280, height: 800 };
export const phone = { width: 390, height: 844 };
/** 1280 px at 400 %, which is what WCAG has for reflow. */
export const narrowest = { width: 320, height: 640 };

export interface Opened {
  page: Page;
  world: World;
}

interface Size {
  width: number;
  height: number;
}

interface Looks {
  size?: Size;
  dark?: boolean;
}

/**
 * One page in one Chromium for a file, opened anew for each test: a process for each took most of a test's time. It begins without
 * what another test left there: document, listeners, cookies, storage, emulated media.
 */
export function watchedPages(origin: () => string): (path: string, looks?: Looks) => Promise<Page> {
  let browser: Browser;
  let page: Page;
  let complaints: string[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
    const context = await browser.newContext({ locale: "en-GB", timezoneId: "America/New_York" });
    context.setDefaultTimeout(waitMs);
    await context.exposeFunction("cspRefused", (what: string) => complaints.push(`CSP: ${what}`));
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        const report = (window as unknown as { cspRefused: (what: string) => void }).cspRefused;
        report(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
      });
    });
    page = await context.newPage();
  });

  afterEach(async () => {
    page.removeAllListeners();
    page.on("dialog", (dialog) => void dialog.accept());
    // Nothing of the test goes on in it, and being of the same origin it keeps its process.
    const nothing = await page.evaluate(() => {
      if (!location.protocol.startsWith("http")) return "about:blank";
      localStorage.clear();
      sessionStorage.clear();
      return URL.createObjectURL(new Blob([]));
    });
    await page.goto(nothing);
    await page.context().clearCookies();
    const seen = complaints;
    complaints = [];
    expect(seen).toEqual([]);
  });

  afterAll(() => browser.close());

  const watch = (): void => {
    page.removeAllListeners();
    page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(origin()) && !url.startsWith("data:")) complaints.push(`request to ${url}`);
    });
    page.on("dialog", (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("console", (message) => {
      // A refusal of the server, which many tests ask for, is logged by the browser too.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
        complaints.push(`console: ${message.text()}`);
      }
    });
  };

  return async (path, { size = wide, dark = false } = {}) => {
    await page.setViewportSize(size);
    await page.emulateMedia({
      colorScheme: dark ? "dark" : "light",
      reducedMotion: "reduce",
      forcedColors: "none",
    });
    await page.mouse.move(0, 0);
    watch();
    await page.goto(origin() + path);
    return page;
  };
}

const waitMs = 15_000;

export interface BrowserTest {
  server: () => FixtureServer;
  /** A page of its own, over a world of its own. */
  open: (path: string, options?: Looks & { world?: World }) => Promise<Opened>;
}

/** Over the fixture server. To be called at the head of a test file. */
export function browserTest(base = "/admin/"): BrowserTest {
  let server: FixtureServer;
  beforeAll(async () => {
    server = await serveFixtures(makeWorld(), base);
  });
  const openPage = watchedPages(() => server.url);
  afterAll(() => server.close());
  return {
    server: () => server,
    open: async (path, { world = makeWorld(), ...looks } = {}) => {
      server.use(world);
      return { page: await openPage(server.base + path, looks), world };
    },
  };
}

export function tooWideBy(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}

interface AxeViolation {
  id: string;
  help: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/** What axe has against the page as it stands: nothing, or sentences. */
export async function axe(
  page: Page,
  { only, without = [] }: { only?: string[]; without?: string[] } = {},
): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource);
  const violations = await page.evaluate(
    async ({ rules, without }) => {
      const { axe } = window as unknown as {
        axe: { run: (context: Document, options: object) => Promise<{ violations: AxeViolation[] }> };
      };
      const { violations } = await axe.run(document, {
        runOnly: rules,
        resultTypes: ["violations"],
        rules: Object.fromEntries(without.map((rule) => [rule, { enabled: false }])),
      });
      return violations;
    },
    { rules: only ? { type: "rule", values: only } : { type: "tag", values: standards }, without },
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} (${help}) at ${target.join(" ")}: ${failureSummary}`),
  );
}

const standards = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
