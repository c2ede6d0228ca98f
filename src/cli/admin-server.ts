// The admin on a port of this machine: for npx quern admin and for the demo.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { nodeAdmin } from "../adapters/node.ts";
import type { Admin } from "../admin/admin.ts";
import { Refusal } from "./refusal.ts";

const reasons: Record<string, string> = {
  EADDRINUSE: "another process does. Choose another with --port, or 0 for any that is free",
  EACCES: "this user may not. Choose a port from 1024 up",
  EADDRNOTAVAIL: "this machine has no such address. Use one of its own with --host, such as 127.0.0.1",
  ENOTFOUND: "no machine has that name. Use one of this machine's addresses with --host, such as 127.0.0.1",
  EAI_AGAIN:
    "that name can't be looked up. Use one of this machine's addresses with --host, such as 127.0.0.1",
};

export interface AdminServer {
  readonly address: string;
  close(): Promise<void>;
}

/** Throws a Refusal that says why it can't listen there. */
export async function serveAdmin(
  admin: Admin,
  { host, port }: { host: string; port: number },
): Promise<AdminServer> {
  const listener = nodeAdmin(admin);
  const server = createServer((request, response) => void listener(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  }).catch((error: NodeJS.ErrnoException) => {
    const why = reasons[error.code ?? ""] ?? error.message;
    throw new Refusal(`the admin can't listen on ${host}, port ${port}: ${why}.`);
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
