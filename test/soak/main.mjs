// npm run soak: thousands of tasks while processes are killed, stopped and locked out; one line of JSON with the verdict.
// Exit code 0: green. 1: red. 2: the harness failed, so there is no verdict.
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { HarnessError } from "./history.mjs";
import { profiles } from "./plan.mjs";
import { soak } from "./run.mjs";

const usage = `npm run soak -- [--engine sqlite] [--profile ${Object.keys(profiles).join("|")}] [--tasks N] [--seed S] [--keep]`;
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => interrupted.abort(new HarnessError(`ended by ${signal}`)));
}

try {
  const result = await soak({ ...settings(), say, signal: interrupted.signal });
  console.log(JSON.stringify(result));
  process.exitCode = result.verdict === "green" ? 0 : 1;
} catch (error) {
  const { reason } = interrupted.signal;
  const cause = reason ?? error;
  console.error(cause instanceof HarnessError ? `soak: ${cause.message}` : cause);
  process.exitCode = 2;
}

function settings() {
  const { values } = parseArgs({
    options: {
      engine: { type: "string", default: "sqlite" },
      profile: { type: "string", default: "short" },
      tasks: { type: "string" },
      seed: { type: "string" },
      package: { type: "string" },
      keep: { type: "boolean", default: false },
    },
  });
  const { engine, profile: profileName, keep } = values;
  if (engine !== "sqlite") throw new HarnessError(`there is no soak for ${engine} yet\n${usage}`);
  if (!Object.hasOwn(profiles, profileName))
    throw new HarnessError(`there is no profile ${profileName}\n${usage}`);
  const profile = profiles[profileName];
  const dist =
    values.package === undefined
      ? fileURLToPath(new URL("../../dist", import.meta.url))
      : resolve(values.package);
  const seed = numberOf("seed", values.seed, Math.floor(Math.random() * 2 ** 32));
  return { dist, seed, tasks: numberOf("tasks", values.tasks, profile.tasks), profile, profileName, keep };
}

function numberOf(name, text, fallback) {
  const number = text === undefined ? fallback : Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new HarnessError(`expected --${name} to be a whole number, got ${text}\n${usage}`);
}

function say(text) {
  process.stderr.write(`${new Date().toISOString().slice(11, 23)} ${text}\n`);
}
