// The web site that the demo's tasks wait for: on loopback, on a free port, as slow as it is asked to be.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "../core/clock.ts";

export interface DemoServer {
  /** A page that takes so long to come. */
  page(ms: number): string;
  /** A page that never comes. */
  readonly never: string;
  readonly address: string;
  close(): void;
}

const mostMs = 60_000;

export async function startDemoServer(): Promise<DemoServer> {
  const server = createServer((request, response) => {
    const ms = Number(/^\/page\/(\d{1,5})$/.exec(request.url ?? "")?.[1] ?? Number.NaN);
    if (request.url === "/never") return;
    if (!(ms <= mostMs)) return void response.writeHead(404).end();
    systemClock.after(ms, () =>
      response.writeHead(200, { "content-type": "text/plain" }).end(`It took ${ms} ms.\n`.repeat(100)),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    page: (ms) => `${address}/page/${Math.round(ms)}`,
    never: `${address}/never`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
