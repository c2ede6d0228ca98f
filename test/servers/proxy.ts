// A wire that a test can cut or freeze: forwards to a server until it is told otherwise.
import { type AddressInfo, createServer, connect, type Socket } from "node:net";

export interface Proxy {
  /** The server's URL, through the wire. */
  readonly url: string;
  /** From now on nothing comes through, in either direction, and nobody is told. */
  freeze(): void;
  thaw(): void;
  /**
   * Once a client has said `word`, the server still hears it, but its answer is lost and the connection with it: all of it up to the
   * end of the transaction, where one is to end with that. `done` tells whether that has happened.
   */
  cutAnswerTo(word: string | RegExp): { done(): boolean };
  /** Every statement that clients of a PostgreSQL have sent to be carried out, also BEGIN and COMMIT. */
  readonly statements: readonly string[];
  stop(): Promise<void>;
}

export async function startProxy(serverUrl: string): Promise<Proxy> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let frozen = false;
  let fatalWord: string | RegExp | undefined;
  const statements: string[] = [];

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
    let ends = false;
    let unheard = "";
    const read = reader(statements);
    client.on("data", (chunk) => {
      if (frozen) return;
      read(chunk);
      const said = chunk.toString("latin1");
      cut ||= fatalWord !== undefined && said.search(fatalWord) >= 0;
      ends = said.includes("COMMIT\0");
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (frozen) return;
      if (!cut) return void client.write(chunk);
      unheard += chunk.toString("latin1");
      if (ends && !/(COMMIT|ROLLBACK)\0/.test(unheard)) return;
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
    statements,
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

/** Reads what one client sends: a first message without a type, then ones of a type and a length. */
function reader(statements: string[]): (chunk: Buffer) => void {
  const parsed = new Map<string, string>();
  const bound = new Map<string, string>();
  let rest = Buffer.alloc(0);
  let begun = false;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const head = begun ? 1 : 0;
      if (rest.length < head + 4) return;
      const end = head + rest.readInt32BE(head);
      if (rest.length < end) return;
      const type = begun ? String.fromCharCode(rest[0] ?? 0) : "";
      const [first = "", second = ""] = rest.toString("utf8", head + 4, end).split("\0");
      if (type === "P") parsed.set(first, second);
      if (type === "B") bound.set(first, parsed.get(second) ?? second);
      if (type === "E") statements.push(bound.get(first) ?? first);
      if (type === "Q") statements.push(first);
      begun = true;
      rest = rest.subarray(end);
    }
  };
}
