// Koa 3.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Koa from "koa";
import { koaAdmin } from "../../src/adapters/koa.ts";
import { testAdapter } from "./contract.ts";

testAdapter("Koa", async (admin) => {
  const app = new Koa();
  app.use(koaAdmin(admin, "/quern"));
  app.use((context) => {
    if (context.path === "/own") context.body = "own";
  });
  const server = createServer(app.callback() as Parameters<typeof createServer>[1]);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
});
