// The admin on a port of this machine: for npx quern admin and for the demo.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { nodeAdmin } from "../adapters/node.ts";
import type { Admin } from "../admin/admin.ts";

export interface AdminServer {
  readonly address: string;
  close(): Promise<void>;
}

/** Rejects with what the system says when the port is taken or not allowed. */
export async function serveAdmin(
  admin: Admin,
  { host, port }: { host: string; port: number },
): Promise<AdminServer> {
  const listener = nodeAdmin(admin);
  const server = createServer((request, response) => void listener(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  const named = host.includes(":") ? `[${host}]` : host;
  return {
    address: `http://${named}:${taken}/`,
    async close() {
      await admin.close();
      server.close();
      server.closeAllConnections();
    },
  };
}
