// A wire that a test can cut or freeze: forwards to a server until it is told otherwise.
import { type AddressInfo, createServer, connect, type Socket } from "node:net";

export interface Proxy {
  /** The server's URL, through the wire. */
  readonly url: string;
  /** From now on nothing comes through, in either direction, and nobody is told. */
  freeze(): void;
  thaw(): void;
  /**
   * Once a client has said `word`, the server still hears it, but its answer is lost and the connection with it. `done` tells whether
   * that has happened.
   */
  cutAnswerTo(word: string): { done(): boolean };
  stop(): Promise<void>;
}

export async function startProxy(serverUrl: string): Promise<Proxy> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let frozen = false;
  let fatalWord: string | undefined;

  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    }
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    client.on("close", end);
    upstream.on("close", end);
    let cut = false;
    client.on("data", (chunk) => {
      if (frozen) return;
      cut ||= fatalWord !== undefined && chunk.includes(fatalWord);
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (frozen) return;
      if (!cut) return void client.write(chunk);
      fatalWord = undefined;
      end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const url = new URL(serverUrl);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    freeze: () => (frozen = true),
    thaw: () => (frozen = false),
    cutAnswerTo: (word) => {
      fatalWord = word;
      return { done: () => fatalWord === undefined };
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
