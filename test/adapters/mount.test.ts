// Where adapters are told that the admin is mounted: what is no path is refused when it is said, a slash at its end is none.
import { describe, expect, it } from "vitest";
import { honoAdmin } from "../../src/adapters/hono.ts";
import { koaAdmin } from "../../src/adapters/koa.ts";
import { nestAdmin } from "../../src/adapters/nest.ts";
import { nextAdmin } from "../../src/adapters/next.ts";
import { type AdminHandler, nodeAdmin } from "../../src/adapters/node.ts";

const echo: AdminHandler = (_, info) => Promise.resolve(new Response(info?.mount));
const adapters: Record<string, (mount: string) => unknown> = {
  honoAdmin: (mount) => honoAdmin(echo, mount),
  koaAdmin: (mount) => koaAdmin(echo, mount),
  nestAdmin: (mount) => nestAdmin(echo, mount),
  nextAdmin: (mount) => nextAdmin(echo, mount),
  nodeAdmin: (mount) => nodeAdmin(echo, { mount }),
};

describe.each(Object.entries(adapters))("%s", (name, adapter) => {
  it.each([
    [null, "object"],
    [7, "number"],
    ["quern", '"quern"'],
    ["https://a.example/quern", '"https://a.example/quern"'],
  ])("refuses %j", (mount, given) => {
    expect(() => adapter(mount as string)).toThrow(
      `expected mount to be the path of the admin such as "/quern", got ${given}. Set it in ${name}(admin`,
    );
  });
});

it.each(["/quern", "/quern/", "/quern//"])("%s is /quern", async (mount) => {
  const request = new Request("http://127.0.0.1/quern/");
  expect(await (await honoAdmin(echo, mount)({ req: { raw: request } })).text()).toBe("/quern");
  expect(await (await nextAdmin(echo, mount).GET(request)).text()).toBe("/quern");
});

it("one that is not given is refused where the framework does not tell it", () => {
  expect(() => (honoAdmin as (admin: AdminHandler) => unknown)(echo)).toThrow(
    "got undefined. Set it in honoAdmin(admin, mount).",
  );
});
