// `npm run screenshots`: the README's pictures, of the demo as it runs, into docs/images/.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { launchChromium } from "./chromium.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const images = join(root, "docs/images");
const size = { width: 1360, height: 850 };
/** So long the demo runs first: there shall be something to be seen. */
const runForMs = 45_000;

const folder = mkdtempSync(join(tmpdir(), "quern-screenshots-"));
const demo = spawn(
  process.execPath,
  ["dist/cli/bin.js", "demo", "--database", `sqlite:${join(folder, "demo.db")}`],
  { cwd: root, stdio: ["ignore", "pipe", "inherit"] },
);
try {
  const address = await addressOf(demo);
  await sleep(runForMs);
  mkdirSync(images, { recursive: true });
  const browser = await launchChromium();
  try {
    await take(browser, "light", address);
    await take(browser, "dark", address);
  } finally {
    await browser.close();
  }
} finally {
  demo.kill("SIGINT");
  if (demo.exitCode === null) await once(demo, "exit");
  rmSync(folder, { recursive: true, force: true });
}

function addressOf({ stdout }) {
  return new Promise((resolve, reject) => {
    let said = "";
    stdout.on("data", (chunk) => {
      said += chunk;
      const found = /http:\/\/127\.0\.0\.1:\d+\/?(?=\s|\u001b)/.exec(said);
      if (found) resolve(found[0]);
    });
    stdout.on("end", () => reject(new Error(`the demo ended without an address:\n${said}`)));
  });
}

async function take(browser, colorScheme, address) {
  const context = await browser.newContext({
    viewport: size,
    colorScheme,
    deviceScaleFactor: 1.5,
    locale: "en-GB",
  });
  const page = await context.newPage();
  const shoot = async (path, name, until) => {
    await page.goto(new URL(path, address).href);
    await until();
    await page.mouse.move(0, 0);
    await page.screenshot({ path: join(images, `${name}-${colorScheme}.png`) });
  };
  await shoot("failed", "failed", () => page.locator("tbody tr").nth(3).waitFor());
  await shoot("scheduled", "schedule", async () => {
    await page.locator("tbody tr a").nth(1).click();
    await page.getByRole("complementary", { name: "Next runs" }).getByRole("listitem").nth(5).waitFor();
  });
  await context.close();
}
