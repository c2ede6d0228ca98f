// Hono 4 on its server for Node, once as it comes and once with a compressor in front.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { compress } from "hono/compress";
import { honoAdmin } from "../../src/adapters/hono.ts";
import { testAdapter } from "./contract.ts";

for (const compressed of [false, true]) {
  testAdapter(compressed ? "Hono behind compress()" : "Hono", async (admin) => {
    const app = new Hono();
    if (compressed) app.use(compress({ threshold: 0 }));
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
}
