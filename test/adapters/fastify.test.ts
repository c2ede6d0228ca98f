// Fastify 5.
import type { AddressInfo } from "node:net";
import fastify from "fastify";
import { fastifyAdmin } from "../../src/adapters/fastify.ts";
import { testAdapter } from "./contract.ts";

testAdapter("Fastify", async (admin) => {
  const app = fastify();
  await app.register(fastifyAdmin(admin), { prefix: "/quern" });
  app.get("/own", async () => "own");
  await app.listen({ port: 0, host: "127.0.0.1" });
  return {
    port: (app.server.address() as AddressInfo).port,
    async close() {
      app.server.closeAllConnections();
      await app.close();
    },
  };
});
