// What the demo queues: a mix like that of an application, at once, and then a trickle.
import type { Quern } from "../quern.ts";
import type { DemoServer } from "./demo-server.ts";
import { charge, importOrders, page, primes, remind, resize, slowPage, welcome } from "./demo-project.ts";

const photos = 100;
export const delaySeconds = 5;

export interface Sample {
  func: string;
  number: number;
  what: string;
}

/** What the mix consists of, for the list that the demo begins with. */
export const samples: readonly Sample[] = [
  { func: primes.taskName, number: 6, what: "work for the CPU" },
  { func: page.taskName, number: 24, what: "wait for a server" },
  { func: resize.taskName, number: photos, what: 'a group of 100, "holiday"' },
  { func: importOrders.taskName, number: 1, what: "takes a while, tells its progress, writes log lines" },
  { func: welcome.taskName, number: 1, what: "flaky: succeeds on its third attempt" },
  { func: charge.taskName, number: 1, what: "fails for good" },
  { func: slowPage.taskName, number: 1, what: "runs into its timeout of 2 s" },
  { func: remind.taskName, number: 1, what: `is delayed by ${delaySeconds} s` },
];

function numberOf(func: string): number {
  return samples.find((sample) => sample.func === func)?.number ?? 0;
}

/** Answers the ids of the one that tells its progress, and of the one that is delayed. */
export async function queueMix(
  quern: Quern,
  server: DemoServer,
): Promise<{ telling: string; delayed: string }> {
  const many = <T>(func: string, make: (index: number) => T): T[] =>
    Array.from({ length: numberOf(func) }, (_, index) => make(index));
  const telling = await quern.enqueue(importOrders, { orders: 200 });
  const [delayed] = await Promise.all([
    quern.enqueue(remind, { to: "ada@example.org" }, { delay: `${delaySeconds}s` }),
    quern.enqueue(welcome, { to: "ada@example.org" }),
    quern.enqueue(charge, { amount: 42 }),
    quern.enqueue(slowPage, { url: server.never }),
    quern.enqueueMany(
      primes,
      many(primes.taskName, (index) => ({ below: 40_000 + index * 10_000 })),
    ),
    quern.enqueueMany(
      page,
      many(page.taskName, () => ({ url: somePage(server) })),
    ),
  ]);
  await quern.enqueueMany(resize, many(resize.taskName, photoNamed), { group: "holiday" });
  return { telling: telling.id, delayed: delayed.id };
}

/** One more, of whatever kind: what there is most of in the mix comes most often. */
export async function queueOne(quern: Quern, server: DemoServer): Promise<void> {
  const chance = Math.random();
  if (chance < 0.4) await quern.enqueue(page, { url: somePage(server) });
  else if (chance < 0.8)
    await quern.enqueue(resize, photoNamed(Math.floor(Math.random() * photos)), { group: "holiday" });
  else if (chance < 0.92) await quern.enqueue(primes, { below: 100_000 + Math.random() * 100_000 });
  else if (chance < 0.97) await quern.enqueue(welcome, { to: "grace@example.org" });
  else await quern.enqueue(charge, { amount: Math.ceil(Math.random() * 100) });
}

function somePage(server: DemoServer): string {
  return server.page(100 + Math.random() * 500);
}

function photoNamed(index: number): { photo: string } {
  return { photo: `holiday-${String(index + 1).padStart(3, "0")}.jpg` };
}
