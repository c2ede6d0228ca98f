// The demo's project module: its task functions and the Quern over them. `quern demo` and its workers both load it.
import { systemClock } from "../core/clock.ts";
import { NonRetryable, Quern, type QuernOptions, schedule, task } from "../index.ts";

export const demoQueue = "demo";
const queue = demoQueue;

/** Work for the CPU. */
export const primes = task("numbers.primes", { queue }, ({ below }: { below: number }): number => {
  let found = 0;
  for (let number = 2; number < below; number++) {
    let divisor = 2;
    while (divisor * divisor <= number && number % divisor !== 0) divisor++;
    if (divisor * divisor > number) found++;
  }
  return found;
});

/** Waits for a server; `timeout` is that of the task, and its signal ends the request. */
export const page = task(
  "web.page",
  { queue },
  async ({ url }: { url: string }, { signal }): Promise<{ status: number; bytes: number }> => {
    const response = await fetch(url, { signal });
    return { status: response.status, bytes: (await response.arrayBuffer()).byteLength };
  },
);

/** Asks a server that never answers. */
export const slowPage = task(
  "web.slow-page",
  { queue, timeout: "2s", retry: 1 },
  async ({ url }: { url: string }, { signal }): Promise<number> => {
    return (await fetch(url, { signal })).status;
  },
);

/** One of many. */
export const resize = task(
  "photo.resize",
  { queue },
  async ({ photo }: { photo: string }, { signal }): Promise<string> => {
    await systemClock.sleep(20 + Math.random() * 60, signal);
    return photo.replace(".jpg", ".small.jpg");
  },
);

/** Succeeds on its third attempt. */
export const welcome = task(
  "mail.welcome",
  { queue, retry: { attempts: 5, delay: "1s", backoff: "fixed", jitter: false } },
  async ({ to }: { to: string }, { attempt, log }): Promise<{ to: string; attempts: number }> => {
    log(`asking the mail server to take a mail to ${to}`);
    await systemClock.sleep(100);
    if (attempt < 3) throw new Error("451 the mail server is busy, try again later");
    return { to, attempts: attempt };
  },
);

/** Fails for good: another attempt would be no use. */
export const charge = task(
  "card.charge",
  { queue },
  async ({ amount }: { amount: number }): Promise<never> => {
    await systemClock.sleep(150);
    throw new NonRetryable(`the card was declined (${amount} EUR)`);
  },
);

/** Queued now, run later. */
export const remind = task("mail.remind", { queue }, ({ to }: { to: string }): string => `reminded ${to}`);

/** Takes a while, and tells how far it is. */
export const importOrders = task(
  "orders.import",
  { queue },
  async ({ orders }: { orders: number }, { signal, log, progress }): Promise<{ orders: number }> => {
    const step = Math.ceil(orders / 20);
    for (let done = 0; done < orders; done += step) {
      await systemClock.sleep(400, signal);
      signal.throwIfAborted();
      progress(Math.min(1, (done + step) / orders), `${Math.min(orders, done + step)} of ${orders}`);
      if (done % (step * 5) === 0) log(`read orders ${done + 1} to ${Math.min(orders, done + step * 5)}`);
    }
    return { orders };
  },
);

/** What schedules run: it says how late it began. */
export const check = task("site.check", { queue }, (_: void, { scheduledFor }): { lateMs: number } => ({
  lateMs: systemClock.now() - (scheduledFor?.getTime() ?? 0),
}));

export const report = task("report.daily", { queue }, (): string => "sent");

export const sync = task("stock.sync", { queue, retry: 1 }, (): never => {
  throw new Error("the warehouse does not answer");
});

const schedules = [
  schedule("demo.check", check, undefined, { cron: "*/3 * * * * *" }),
  schedule("demo.report", report, undefined, {
    type: "daily",
    timeZone: "Asia/Tokyo",
    firstRun: new Date("2026-01-01T07:00:00+09:00"),
  }),
  schedule("demo.sync", sync, undefined, { cron: "*/4 * * * * *" }),
];

export function demoQuern(options: Omit<QuernOptions, "tasks"> = {}): Quern {
  return new Quern({
    tasks: [primes, page, slowPage, resize, welcome, charge, remind, importOrders, check, report, sync],
    schedules,
    saveLimit: 0,
    stopGrace: "5s",
    killGrace: "1s",
    ...options,
  });
}

export default demoQuern() as Quern;
