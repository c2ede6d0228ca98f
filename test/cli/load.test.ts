// A project module that never finishes loading: the command says so and ends, whether the module waits or loops.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { Project } from "./project.ts";

const load = fileURLToPath(new URL("../../dist/cli/load.js", import.meta.url));
const withinMs = 300;

let project: Project;
afterEach(() => project.remove());

/** Loads the module of the project as commands do, only not so patiently; a signal comes while it loads. */
function loads(signal?: NodeJS.Signals): Promise<{ end: number | string | null; err: string }> {
  const lines = `
    process.on("SIGINT", () => {});
    console.log("loading");
    const { load } = await import(${JSON.stringify(load)});
    await load({}, ${withinMs});`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", lines], { cwd: project.folder });
  let err = "";
  child.stderr.on("data", (chunk) => (err += chunk));
  child.stdout.on("data", () => signal !== undefined && child.kill(signal));
  return new Promise((resolve) => child.on("close", (code, by) => resolve({ end: code ?? by, err })));
}

it("a module that waits for what never comes is refused after a while", async () => {
  project = new Project("await new Promise((resolve) => setTimeout(resolve, 1e9));");
  const { end, err } = await loads();
  expect(err).toMatch(
    /QUERN_BAD_CONFIG: .*quern\.config\.mjs .*had not loaded after 300 ms\. Load it by itself/,
  );
  expect(end).toBe(1);
});

it("a module that loops is too, though nothing on the main thread goes on and no signal is heard", async () => {
  project = new Project("for (;;);");
  const { end, err } = await loads("SIGINT");
  expect(err).toMatch(
    /^QUERN_BAD_CONFIG: .*quern\.config\.mjs .*had not loaded after 300 ms\. Load it by itself/,
  );
  expect(end).toBe("SIGKILL");
});
