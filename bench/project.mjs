// The project module of the benchmarks: what their clusters and their clients load. Settings come from the environment.
import { Quern, task } from "quern";

const { BENCH_DATABASE, BENCH_SYNCHRONOUS = "full", BENCH_WORKERS = "2", BENCH_SLOTS = "50" } = process.env;

export const noop = task("bench.noop", () => null);
/** Answers when it ran, on the clock that all processes of this machine share. */
export const clock = task("bench.clock", () => performance.timeOrigin + performance.now());

const silent = { debug() {}, info() {}, warn: console.error, error: console.error };

export default new Quern({
  tasks: [noop, clock],
  database: BENCH_DATABASE,
  synchronous: BENCH_SYNCHRONOUS,
  workers: Number(BENCH_WORKERS),
  concurrency: Number(BENCH_SLOTS),
  saveLimit: 0,
  logger: silent,
});
