// Next: its route's functions called as it calls them; with QUERN_TEST_LONG by Next itself, which is too big (340 MB) for every install.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { getRequestListener } from "@hono/node-server";
import type { AdminHandler } from "../../src/adapters/node.ts";
import { type NextRoute, nextAdmin } from "../../src/adapters/next.ts";
import { authenticate, type Mounted, testAdapter } from "./contract.ts";

testAdapter("a route of Next", called, { address: false });
if (process.env["QUERN_TEST_LONG"] === "1") testAdapter("Next 16", served, { address: false, here: false });

// What Next does around a route: it takes the slash off an address, and calls the function of the method.
async function called(admin: AdminHandler): Promise<Mounted> {
  const route = nextAdmin(admin, "/quern");
  const listener = getRequestListener(
    async (request) => {
      const url = new URL(request.url);
      if (url.pathname === "/own") return new Response("own");
      if (url.pathname.length > 1 && url.pathname.endsWith("/"))
        return new Response(null, { status: 308, headers: { location: url.pathname.slice(0, -1) } });
      if (url.pathname !== "/quern" && !url.pathname.startsWith("/quern/"))
        return new Response(null, { status: 404 });
      return route[request.method as keyof NextRoute](request);
    },
    { overrideGlobalObjects: false },
  );
  const server = createServer((request, response) => void listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const next = ["next@16.4.6", "react@19.3.1", "react-dom@19.3.1"];

const files: Record<string, string> = {
  "next.config.mjs": `export default { serverExternalPackages: ["quern"], poweredByHeader: false, outputFileTracingRoot: import.meta.dirname };`,
  "app/layout.js": `export default ({ children }) => <html><body>{children}</body></html>;`,
  "app/page.js": `export default () => <p>home</p>;`,
  "app/own/route.js": `export const GET = () => new Response("own");`,
  "app/quern/[[...path]]/route.js": `
    import { Quern } from "quern";
    import { createAdmin } from "quern/admin";
    import { nextAdmin } from "quern/next";
    const quern = new Quern({ tasks: [], database: "memory:", workers: 0 });
    const admin = createAdmin(quern, { authenticate: ${JSON.stringify(authenticate)} });
    export const { GET, HEAD, POST, PUT, PATCH, DELETE } = nextAdmin(admin, "/quern");
    export const dynamic = "force-dynamic";`,
};

// Its admin lives in Next's process, so the one that is handed in is not used. The packages stay in .cache/, the built app is made anew.
async function served(): Promise<Mounted> {
  const folder = join(root, ".cache/next-16.4.6");
  if (!existsSync(join(folder, "node_modules/next"))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
    execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...next], { cwd: folder });
  }
  const quern = join(folder, "node_modules/quern");
  rmSync(quern, { recursive: true, force: true });
  mkdirSync(quern);
  cpSync(join(root, "dist"), join(quern, "dist"), { recursive: true });
  cpSync(join(root, "package.json"), join(quern, "package.json"));
  symlinkSync(join(root, "node_modules"), join(quern, "node_modules"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const bin = join(folder, "node_modules/next/dist/bin/next");
  const env = { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" } as const;
  execFileSync(process.execPath, [bin, "build"], { cwd: folder, env, stdio: "pipe" });
  const server = spawn(process.execPath, [bin, "start", "-H", "127.0.0.1", "-p", "0"], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: server.stdout })) {
    const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(line);
    if (!found) continue;
    server.stdout.resume();
    return {
      port: Number(found[1]),
      close: () =>
        new Promise((resolve) => {
          server.once("exit", () => resolve());
          server.kill("SIGTERM");
        }),
    };
  }
  throw new Error("next start ended without an address");
}
