// How long a visitor waits, cold and with a processor slowed to a quarter, until the first row of a list can be used.
import { createAdmin } from "../dist/admin/index.js";
import { serveAdmin } from "../dist/cli/admin-server.js";
import { Quern, task } from "../dist/index.js";
import { launchChromium } from "../scripts/chromium.mjs";
import { percentile } from "./measure.mjs";

const rows = 200;
const slowed = 4;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const work = task("bench.work", async (input) => input);

export async function usable({ runs, report }) {
  const quern = new Quern({ tasks: [work], database: "memory:", workers: 0, logger: quiet });
  const cluster = await quern.start();
  const handles = await quern.enqueueMany(
    work,
    Array.from({ length: rows }, (_, index) => ({ index })),
  );
  await Promise.all(handles.map((handle) => handle.result()));
  const server = await serveAdmin(createAdmin(quern, { debug: true }), { host: "127.0.0.1", port: 0 });
  const browser = await launchChromium();
  const taken = [];
  for (let run = 0; run < runs; run++) taken.push(await visit(browser, server.address));
  await browser.close();
  await server.close();
  await cluster.stop();
  await quern.close();
  const [value, middle] = [0.95, 0.5].map((share) => percentile(taken, share));
  report({ name: `list usable, cold, CPU slowed ${slowed}×`, value, unit: "ms", limit: 1_500, middle });
}

/** In a browser of its own, as far as caches go. */
async function visit(browser, address) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: slowed });
  await page.goto(`${address.replace(/\/$/, "")}/successful`, { waitUntil: "commit" });
  const ms = await page.waitForFunction(() =>
    document.querySelector("tbody tr input[type=checkbox]") === null ? 0 : performance.now(),
  );
  const value = await ms.jsonValue();
  await context.close();
  return value;
}
