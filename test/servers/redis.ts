// A real Redis for the tests: the one at REDIS_URL, else a private one from the PATH, else from Debian's package.
import { join } from "node:path";
import { debianPackage, environmentOf } from "./debian.ts";
import { freePort, onPath, privateFolder, readableCopy, type Server, startKept } from "./server.ts";

export async function startRedis(): Promise<Server> {
  const url = process.env.REDIS_URL;
  if (url !== undefined && url !== "")
    return { url, what: "Redis at REDIS_URL", stop: async () => undefined };
  const folder = privateFolder("redis");
  const { binary, origin, environment } = findBinary(folder);
  const port = await freePort();
  const settings = { port, bind: "127.0.0.1", save: "", appendonly: "no", dir: folder };
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { stop } = await startKept([binary, ...words], {
    folder,
    ready: /Ready to accept connections/i,
    signal: "TERM",
    environment,
  });
  return { url: `redis://127.0.0.1:${port}`, what: `Redis ${origin}`, stop };
}

function findBinary(folder: string): { binary: string; origin: string; environment: NodeJS.ProcessEnv } {
  const installed = onPath("redis-server") ?? onPath("valkey-server");
  if (installed !== undefined)
    return { binary: installed, origin: `of ${installed}`, environment: process.env };
  const unpacked = debianPackage("redis-server");
  const environment = environmentOf(unpacked);
  const root = readableCopy(unpacked, "usr/bin/redis-server", folder, environment);
  return {
    binary: join(root, "usr/bin/redis-server"),
    origin: "of Debian's redis-server",
    environment: environmentOf(root),
  };
}
