// One Chromium for a test file: every page it opens is watched for what the CSP refused, requests to elsewhere and errors.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { launchChromium } from "../../../scripts/chromium.mjs";
import { makeWorld, type World } from "./fixtures/world.ts";
import { type FixtureServer, serveFixtures } from "./fixtures/server.ts";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const wide = { width: 1280, height: 800 };
export const phone = { width: 390, height: 844 };

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

/** Pages in one Chromium for a file; after each test it must have had nothing to complain of. */
export function watchedPages(origin: () => string): (path: string, looks?: Looks) => Promise<Page> {
  let browser: Browser;
  let context: BrowserContext | undefined;
  let complaints: string[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
  });

  afterEach(async () => {
    await context?.close();
    context = undefined;
    const seen = complaints;
    complaints = [];
    expect(seen).toEqual([]);
  });

  afterAll(() => browser.close());

  const watch = async (page: Page): Promise<void> => {
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
    await page.exposeFunction("cspRefused", (what: string) => complaints.push(`CSP: ${what}`));
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        const report = (window as unknown as { cspRefused: (what: string) => void }).cspRefused;
        report(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
      });
    });
  };

  return async (path, { size = wide, dark = false } = {}) => {
    context ??= await browser.newContext({
      viewport: size,
      colorScheme: dark ? "dark" : "light",
      reducedMotion: "reduce",
      locale: "en-GB",
      timezoneId: "America/New_York",
    });
    const page = await context.newPage();
    page.setDefaultTimeout(waitMs);
    await watch(page);
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
