// A PostgreSQL of its own that a test can crash, stop, start again and make read-only; its data outlives its process.
import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { makePostgres, runPostgres, urlOf } from "./postgres.ts";
import { type SmallDisk, smallDisk } from "./small-disk.ts";
import { freePort, privateFolder, type Running, type Server } from "./server.ts";

/** `kill`: its first process is killed, and the others notice. `immediate`: all end at once. Both leave what a power cut of the process would. `fast`: an orderly stop. */
export type HowToEnd = "kill" | "immediate" | "fast";

interface Where {
  root: string;
  data: string;
  port: number;
  smallDisk: SmallDisk | undefined;
}

const signals = { kill: "SIGKILL", immediate: "SIGQUIT", fast: "SIGINT" } as const;
const endMs = 10_000;

export class FailingPostgres implements Server {
  readonly url: string;
  readonly what: string;
  readonly #where: Where;
  readonly #folder: string;
  readonly #keeper: ReturnType<typeof spawn>;
  #running: Running | undefined;
  #runs = 0;

  static async start(): Promise<FailingPostgres> {
    return FailingPostgres.#startWith(() => undefined);
  }

  /** Its tables are on a disk of so many megabytes; what it needs for itself is elsewhere. */
  static async onSmallDisk(megabytes: number): Promise<FailingPostgres> {
    const server = await FailingPostgres.#startWith((folder) => smallDisk(folder, megabytes));
    await server.ask(`CREATE TABLESPACE small LOCATION '${server.#where.smallDisk?.folder}'`);
    await server.ask("ALTER ROLE quern SET default_tablespace = small");
    return server;
  }

  static async #startWith(diskIn: (folder: string) => SmallDisk | undefined): Promise<FailingPostgres> {
    const folder = privateFolder("failing-postgres");
    const { root, data, origin } = makePostgres(folder);
    const where = { root, data, port: await freePort(), smallDisk: diskIn(folder) };
    const server = new FailingPostgres(folder, where, origin);
    await server.start();
    return server;
  }

  private constructor(folder: string, where: Where, origin: string) {
    this.#folder = folder;
    this.#where = where;
    this.url = urlOf(where.port);
    this.what = `PostgreSQL ${origin}, which fails`;
    // When this process ends, however it ends, the pipe closes and the folder goes, a moment after the server.
    this.#keeper = spawn("/bin/sh", ["-c", 'read _; sleep 1; rm -rf "$1"', "keeper", folder], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    this.#keeper.unref();
    (this.#keeper.stdin as { unref?: () => void } | null)?.unref?.();
  }

  /** Resolves when it takes connections. One that was killed may have processes that still hold its memory. */
  async start(): Promise<void> {
    const giveUp = performance.now() + endMs;
    for (;;) {
      const folder = privateFolder(`failing-run-${++this.#runs}`);
      try {
        this.#running = await runPostgres({ ...this.#where, folder });
        return;
      } catch (error) {
        rmSync(folder, { recursive: true, force: true });
        if (performance.now() > giveUp) throw error;
        await pause(50);
      }
    }
  }

  get pid(): number {
    return this.#running?.pid ?? 0;
  }

  /** Resolves when nobody listens at its port any more. */
  async end(how: HowToEnd): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    process.kill(running.pid, signals[how]);
    await running.stop();
  }

  /** Ends it, and starts it again behind `meanwhile`. */
  async away<T>(how: HowToEnd, meanwhile: () => Promise<T>): Promise<T> {
    await this.end(how);
    try {
      return await meanwhile();
    } finally {
      await this.start();
    }
  }

  /** As after a fail-over that left us with the old primary. Connections that are open are told with their next transaction. */
  async readOnly(on: boolean): Promise<void> {
    const setting = "default_transaction_read_only";
    await this.ask(`ALTER SYSTEM SET ${setting} = ${on ? "on" : "off"}`);
    await this.#reload();
    await this.#until(
      async () => (await ask(this.url, `SHOW ${setting}`))[0]?.[setting] === (on ? "on" : "off"),
    );
  }

  /** From now on this user, who is made if need be, has to know it. Answers the URL by which he gets in. */
  async password(user: string, password: string): Promise<string> {
    const role = `ROLE ${user} WITH LOGIN SUPERUSER PASSWORD '${password}'`;
    const [known] = await this.ask(`SELECT 1 FROM pg_roles WHERE rolname = '${user}'`);
    await this.ask(`${known === undefined ? "CREATE" : "ALTER"} ${role}`);
    const file = join(this.#where.data, "pg_hba.conf");
    const rules = readFileSync(file, "utf8");
    const rule = `host all ${user} 127.0.0.1/32 scram-sha-256\n`;
    if (!rules.includes(rule)) writeFileSync(file, rule + rules);
    await this.#reload();
    const address = new URL(this.url);
    address.username = user;
    address.password = password;
    const wrong = new URL(address);
    wrong.password = "wrong";
    await this.#until(() =>
      ask(wrong.href, "SELECT 1").then(
        () => false,
        () => true,
      ),
    );
    return address.href;
  }

  /** By a connection of its own, which the server's being read-only does not concern. */
  async ask(sql: string): Promise<Record<string, unknown>[]> {
    return ask(this.url, sql, "-c default_transaction_read_only=off");
  }

  async #reload(): Promise<void> {
    await this.ask("SELECT pg_reload_conf()");
  }

  async #until(done: () => Promise<boolean>): Promise<void> {
    for (const giveUp = performance.now() + endMs; !(await done()); )
      if (performance.now() > giveUp) throw new Error("the server did not take its new settings");
  }

  // Taken apart by those who start a server for a whole file of tests.
  readonly stop = async (): Promise<void> => {
    await this.end("immediate");
    this.#keeper.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  };
}

async function ask(url: string, sql: string, options?: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, ...(options === undefined ? {} : { options }) });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}
