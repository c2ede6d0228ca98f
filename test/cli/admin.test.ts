// quern admin: on a port of this machine, closed without a password where it is to be, and gone with a signal.
import { afterEach, beforeEach, expect, it } from "vitest";
import { Project, usualConfig } from "./project.ts";

let project: Project;
beforeEach(() => {
  project = new Project(usualConfig);
});
afterEach(() => project.remove());

const boot = async (address: string): Promise<{ status: number; user?: unknown; login?: unknown }> => {
  const answer = await fetch(`${address}api/boot`);
  return { status: answer.status, ...((await answer.json()) as object) };
};

async function started(env: Record<string, string>) {
  const running = project.start(["admin", "--port", "0"], env);
  await running.says(/Press Ctrl-C/);
  const address = /The admin is at (http:\S+)/.exec(running.out)?.[1] ?? "";
  return { running, address };
}

it("lets whoever sits at this machine in, and ends with a signal", async () => {
  const { running, address } = await started({ NODE_ENV: "" });
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  expect(await boot(address)).toMatchObject({ status: 200, user: { name: "debug" } });
  running.signal("SIGINT");
  expect((await running.ended).code).toBe(0);
});

it("says which port is taken, and what to do", async () => {
  const { running, address } = await started({ NODE_ENV: "" });
  const taken = new URL(address).port;
  const { code, err } = await project.quern("admin", "--port", taken);
  expect(err).toBe(
    `quern: the admin can't listen on 127.0.0.1, port ${taken}: another process does. Choose another with --port, or 0 for any that is free.\n`,
  );
  expect(code).toBe(1);
  running.signal("SIGTERM");
  await running.ended;
});

it("asks for the password where there is one, and is closed in production without", async () => {
  const asking = await started({ NODE_ENV: "production", QUERN_ADMIN_PASSWORD: "correct horse" });
  expect(await boot(asking.address)).toMatchObject({ status: 200, user: null, login: "password" });
  const login = await fetch(`${asking.address}api/login`, {
    method: "POST",
    headers: { "content-type": "application/json", "sec-fetch-site": "same-origin" },
    body: JSON.stringify({ name: "admin", password: "correct horse" }),
  });
  expect(login.status).toBe(200);
  asking.running.signal("SIGTERM");
  await asking.running.ended;
  const closed = await started({ NODE_ENV: "production" });
  expect(await boot(closed.address)).toMatchObject({ status: 403 });
  closed.running.signal("SIGTERM");
  expect((await closed.running.ended).code).toBe(0);
});
