// Express 5, once as it comes and once with a parser of bodies in front.
import type { AddressInfo } from "node:net";
import express from "express";
import { expressAdmin } from "../../src/adapters/express.ts";
import { testAdapter } from "./contract.ts";

for (const parsed of [false, true]) {
  testAdapter(parsed ? "Express behind express.json()" : "Express", async (admin) => {
    const app = express();
    app.disable("x-powered-by");
    if (parsed) app.use(express.json({ limit: "5mb" }));
    app.use("/quern", expressAdmin(admin));
    app.get("/own", (_, response) => void response.send("own"));
    const server = app.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    return {
      port: (server.address() as AddressInfo).port,
      async close() {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  });
}
