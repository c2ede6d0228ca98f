// Hono 4 on its server for Node.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { honoAdmin } from "../../src/adapters/hono.ts";
import { testAdapter } from "./contract.ts";

testAdapter("Hono", async (admin) => {
  const app = new Hono();
  app.all("/quern", honoAdmin(admin, "/quern"));
  app.all("/quern/*", honoAdmin(admin, "/quern"));
  app.get("/own", (context) => context.text("own"));
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer((request, response) => void listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
});
