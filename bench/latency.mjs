// From enqueue in one process to the start of the task in a worker of an idle cluster in another.
import { join } from "node:path";
import { client, inTempFolder, percentile, startCluster } from "./measure.mjs";

const trials = 300;
const pauseMs = 40;

export async function latency({ report }) {
  await inTempFolder(async (folder) => {
    const environment = { BENCH_DATABASE: `sqlite:${join(folder, "q.db")}`, BENCH_SYNCHRONOUS: "full" };
    const { default: instance, clock } = await client(environment);
    const cluster = await startCluster(environment);
    const fromCall = [];
    const fromCommit = [];
    for (let trial = 0; trial < trials + 20; trial++) {
      const called = performance.timeOrigin + performance.now();
      const queued = await instance.enqueue(clock);
      const committed = performance.timeOrigin + performance.now();
      const started = await queued.result({ timeout: "10s" });
      if (trial >= 20) {
        fromCall.push(started - called);
        fromCommit.push(started - committed);
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    await cluster.stop();
    await instance.close();
    report({ name: "latency, enqueue called to start, p50", value: percentile(fromCall, 0.5), unit: "ms" });
    report({ name: "latency, enqueue called to start, p99", value: percentile(fromCall, 0.99), unit: "ms" });
    report({
      name: "latency, enqueue durable to start, p50",
      value: percentile(fromCommit, 0.5),
      unit: "ms",
    });
    report({
      name: "latency, enqueue durable to start, p99",
      value: percentile(fromCommit, 0.99),
      unit: "ms",
    });
  });
}
