// npm run soak: thousands of tasks while processes are killed, stopped and locked out; one line of JSON with the verdict.
// Exit code 0: green. 1: red. 2: the harness failed, so there is no verdict. With --sabotage 0 says that each was caught.
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { engines } from "./engines.mjs";
import { HarnessError } from "./history.mjs";
import { profiles } from "./plan.mjs";
import { soak } from "./run.mjs";
import { sabotaged, sabotages } from "./sabotage.mjs";

const usage = `npm run soak -- [--engine ${Object.keys(engines).join("|")}] [--profile ${Object.keys(profiles).join("|")}] [--tasks N] [--seed S] [--keep] [--sabotage NAME|all]`;
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => interrupted.abort(new HarnessError(`ended by ${signal}`)));
}

try {
  const { sabotage, ...run } = settings();
  process.exitCode = sabotage === undefined ? await oneSoak(run) : await sabotagedSoaks(run, sabotage);
} catch (error) {
  const { reason } = interrupted.signal;
  const cause = reason ?? error;
  console.error(cause instanceof HarnessError ? `soak: ${cause.message}` : cause);
  process.exitCode = 2;
}

async function oneSoak(run) {
  const result = await soak({ ...run, say, signal: interrupted.signal });
  console.log(JSON.stringify(result));
  return result.verdict === "green" ? 0 : 1;
}

/** Here red is what is wanted, and for the right reason. What needs two faults to meet gets a second plan to show in. */
async function sabotagedSoaks(run, names) {
  let missed = 0;
  for (const name of names) {
    const { dist, remove } = sabotaged(run.dist, name);
    try {
      let caught = false;
      for (const seed of [run.seed, run.seed + 1]) {
        say(`sabotage ${name}, seed ${seed}`);
        const result = await soak({ ...run, dist, seed, say, signal: interrupted.signal });
        caught = sabotages[name].breaks.some((invariant) => result.broken.includes(invariant));
        console.log(JSON.stringify({ sabotage: name, caught, ...result }));
        if (caught) break;
      }
      if (!caught) missed++;
    } finally {
      remove();
    }
  }
  return missed === 0 ? 0 : 1;
}

function settings() {
  const { values } = parseArgs({
    options: {
      engine: { type: "string", default: "sqlite" },
      profile: { type: "string" },
      tasks: { type: "string" },
      seed: { type: "string" },
      package: { type: "string" },
      keep: { type: "boolean", default: false },
      sabotage: { type: "string" },
    },
  });
  const { engine, keep } = values;
  const sabotage = values.sabotage === "all" ? Object.keys(sabotages) : values.sabotage?.split(",");
  const unknown = sabotage?.find((name) => !Object.hasOwn(sabotages, name));
  if (unknown !== undefined) {
    throw new HarnessError(
      `there is no sabotage ${unknown}, but ${Object.keys(sabotages).join(", ")}\n${usage}`,
    );
  }
  const profileName = values.profile ?? (sabotage === undefined ? "short" : "sabotage");
  if (!Object.hasOwn(engines, engine)) throw new HarnessError(`there is no soak for ${engine} yet\n${usage}`);
  if (!Object.hasOwn(profiles, profileName))
    throw new HarnessError(`there is no profile ${profileName}\n${usage}`);
  const profile = profiles[profileName];
  if (engine === "sqlite" && "server-crash" in profile.faults)
    throw new HarnessError(`the profile ${profileName} crashes a server, and SQLite has none`);
  const dist =
    values.package === undefined
      ? fileURLToPath(new URL("../../dist", import.meta.url))
      : resolve(values.package);
  const seed = numberOf("seed", values.seed, Math.floor(Math.random() * 2 ** 32));
  const tasks = numberOf("tasks", values.tasks, profile.tasks);
  return { dist, engineName: engine, seed, tasks, profile, profileName, keep, sabotage };
}

function numberOf(name, text, fallback) {
  const number = text === undefined ? fallback : Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new HarnessError(`expected --${name} to be a whole number, got ${text}\n${usage}`);
}

function say(text) {
  process.stderr.write(`${new Date().toISOString().slice(11, 23)} ${text}\n`);
}
