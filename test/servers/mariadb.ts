// A real MariaDB for the tests: the one at MYSQL_URL, else a private one from the PATH, else from Debian's package.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { debianPackage, environmentOf } from "./debian.ts";
import { freePort, onPath, privateFolder, readableCopy, runToEnd, type Server, startKept } from "./server.ts";

export async function startMariadb(): Promise<Server> {
  const url = process.env.MYSQL_URL;
  if (url !== undefined && url !== "")
    return { url, what: "MariaDB or MySQL at MYSQL_URL", stop: async () => undefined };
  const folder = privateFolder("mariadb");
  const { root, binary, origin, environment } = findBinary(folder);
  // Debian 13 has renamed it.
  const [share = ""] = ["mariadb", "mysql"].map((name) => join(root, "usr/share", name)).filter(existsSync);
  const data = join(folder, "data");
  const base = [
    "--no-defaults",
    `--basedir=${join(root, "usr")}`,
    `--lc-messages-dir=${share}`,
    `--datadir=${data}`,
    "--innodb-log-file-size=16M",
    "--innodb-buffer-pool-size=64M",
    "--innodb-flush-log-at-trx-commit=0", // Its data goes with the test.
    "--innodb-doublewrite=0",
  ];
  runToEnd("/bin/mkdir", [data]);
  runToEnd(binary, [...base, "--bootstrap", "--skip-log-bin"], { environment, input: systemTables(share) });
  const port = await freePort();
  const where = [`--socket=${folder}/socket`, `--port=${port}`, "--bind-address=127.0.0.1"];
  const { stop } = await startKept([binary, ...base, ...where], {
    folder,
    ready: /ready for connections/,
    signal: "TERM",
    environment,
  });
  return { url: `mysql://root@127.0.0.1:${port}/mysql`, what: `MariaDB ${origin}`, stop };
}

/** What mariadb-install-db would say, which needs tools of other packages. */
function systemTables(share: string): string {
  const parts = ["system_tables", "performance_tables", "system_tables_data"].map((part) => {
    const [file = ""] = ["mariadb", "mysql"]
      .map((name) => join(share, `${name}_${part}.sql`))
      .filter(existsSync);
    return readFileSync(file, "utf8");
  });
  const begin = [
    "CREATE DATABASE mysql;",
    "USE mysql;",
    "SET @auth_root_socket=NULL;",
    "SET @skip_auth_anonymous=1;",
  ];
  return [...begin, ...parts, ""].join("\n");
}

function findBinary(folder: string): {
  root: string;
  binary: string;
  origin: string;
  environment: NodeJS.ProcessEnv;
} {
  const installed = onPath("mariadbd") ?? ["/usr/sbin/mariadbd"].find(existsSync);
  if (installed !== undefined)
    return { root: "/", binary: installed, origin: `of ${installed}`, environment: process.env };
  const unpacked = debianPackage("mariadb-server-core");
  const root = readableCopy(unpacked, "usr/sbin/mariadbd", folder, environmentOf(unpacked));
  return {
    root,
    binary: join(root, "usr/sbin/mariadbd"),
    origin: "of Debian's mariadb-server-core",
    environment: environmentOf(root),
  };
}
