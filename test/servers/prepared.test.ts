// The servers of the engines to come are prepared: each starts as a private instance, answers in its own protocol, and ends.
import { connect } from "node:net";
import { expect, it } from "vitest";
import { describeEngine } from "./describe-engine.ts";
import { startMariadb } from "./mariadb.ts";
import { startRedis } from "./redis.ts";
import type { Server } from "./server.ts";

/** What the server says first, or to `words`. */
function heard(url: string, words = ""): Promise<Buffer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => void socket.write(words));
    socket.once("error", reject).once("data", (said) => {
      socket.destroy();
      resolve(said);
    });
  });
}

/** Of one that we start beside the first: what was there before us is not ours to end. */
function ends(start: () => Promise<Server>, variable: string): void {
  it.skipIf(process.env[variable])(
    `ends when it is stopped (the one at ${variable} is not ours)`,
    async () => {
      const { url, stop } = await start();
      await heard(url, "PING\r\n");
      await stop();
      await expect(heard(url)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    },
  );
}

const redis = (url: string): void => {
  it("answers", async () => {
    const password = decodeURIComponent(new URL(url).password);
    const login = password === "" ? "" : `AUTH ${password}\r\n`;
    expect(String(await heard(url, `${login}PING\r\n`))).toMatch(/^\+(OK|PONG)\r\n/);
  });
  ends(startRedis, "REDIS_URL");
};
await describeEngine("Redis", startRedis, redis, { toCome: true });

const mariadb = (url: string): void => {
  it("greets, and says its version", async () => {
    const greeting = await heard(url);
    expect(greeting[4], "of the protocol").toBe(10);
    expect(greeting.toString("latin1", 5, greeting.indexOf(0, 5))).toMatch(/^(5\.5\.5-)?\d+\.\d+\.\d+/);
  });
  ends(startMariadb, "MYSQL_URL");
};
await describeEngine("MariaDB", startMariadb, mariadb, { toCome: true });
