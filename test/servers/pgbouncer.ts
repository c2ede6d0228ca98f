// A real PgBouncer before a PostgreSQL of the tests: from the PATH, or Debian's package.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { debianPackage, environmentOf } from "./debian.ts";
import { freePort, onPath, privateFolder, readableCopy, type Server, startKept } from "./server.ts";

/** Hands out its few connections by the transaction, or by the session. */
export async function startPgbouncer(
  server: string,
  mode: "transaction" | "session",
  { mayFetch }: { mayFetch: boolean },
): Promise<Server> {
  const folder = privateFolder("pgbouncer");
  const { binary, environment } = findBinary(folder, mayFetch);
  const port = await freePort();
  const { hostname, port: behind, username } = new URL(server);
  const file = join(folder, "pgbouncer.ini");
  const settings = {
    listen_addr: "127.0.0.1",
    listen_port: port,
    unix_socket_dir: "",
    auth_type: "any",
    pool_mode: mode,
    default_pool_size: mode === "transaction" ? 4 : 40,
    max_client_conn: 500,
    // As the guide says of session mode.
    ...(mode === "session" && {
      ignore_startup_parameters: "statement_timeout,lock_timeout,idle_in_transaction_session_timeout,options",
    }),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  const database = `* = host=${hostname} port=${behind} user=${username}`;
  writeFileSync(file, ["[databases]", database, "[pgbouncer]", ...lines, ""].join("\n"), { mode: 0o644 });
  const { stop } = await startKept([binary, file], {
    folder,
    ready: /process up/,
    signal: "TERM",
    environment,
  });
  const address = new URL(server);
  address.port = String(port);
  return { url: address.href, what: `PgBouncer in ${mode} mode`, stop };
}

function findBinary(folder: string, mayFetch: boolean): { binary: string; environment: NodeJS.ProcessEnv } {
  const installed = onPath("pgbouncer");
  if (installed !== undefined) return { binary: installed, environment: process.env };
  const unpacked = debianPackage("pgbouncer", { mayFetch });
  const root = readableCopy(unpacked, "usr/sbin/pgbouncer", folder, environmentOf(unpacked));
  return { binary: join(root, "usr/sbin/pgbouncer"), environment: environmentOf(root) };
}
