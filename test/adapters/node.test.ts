// Node's own http server, without a framework.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { nodeAdmin } from "../../src/adapters/node.ts";
import { testAdapter } from "./contract.ts";

testAdapter("node:http", async (admin) => {
  const listener = nodeAdmin(admin, { mount: "/quern" });
  const server = createServer((request, response) => {
    if (request.url === "/quern" || request.url?.startsWith("/quern/")) void listener(request, response);
    else response.writeHead(request.url === "/own" ? 200 : 404).end(request.url === "/own" ? "own" : "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
});
