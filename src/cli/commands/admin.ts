// quern admin: the project's admin on a port of this machine, until a signal ends it.
import { isLoopback } from "../../admin/visitor.ts";
import { createAdmin } from "../../admin/admin.ts";
import { hashPassword } from "../../admin/password.ts";
import { clientKey } from "../../client/client.ts";
import { serveAdmin } from "../admin-server.ts";
import { load, type ProjectOptions } from "../load.ts";
import { onStop } from "../signals.ts";
import type { Terminal } from "../terminal.ts";

export interface AdminCommandOptions extends ProjectOptions {
  port: number;
  host: string;
  user: string;
  readOnly?: boolean;
  trustProxy?: boolean;
}

/** Not an option: what stands on a command line, other users of the machine can read. */
const passwordVariable = "QUERN_ADMIN_PASSWORD";
const grantsVariable = "QUERN_ADMIN_GRANTS";

export async function admin(options: AdminCommandOptions, terminal: Terminal): Promise<number> {
  const { client } = await load(options);
  const stopped = new Promise<void>((resolve) => onStop(resolve, resolve));
  const password = process.env[passwordVariable] || undefined;
  const grants = process.env[grantsVariable]?.split(",").map((grant) => grant.trim()) ?? [];
  try {
    await client.open();
    const app = createAdmin(
      { [clientKey]: client },
      {
        readOnly: options.readOnly ?? false,
        trustProxy: options.trustProxy ?? false,
        ...(password === undefined
          ? {}
          : {
              authenticate: {
                passwords: { [options.user]: { hash: await hashPassword(password), role: "admin", grants } },
              },
            }),
      },
    );
    const server = await serveAdmin(app, options);
    terminal.line(`The admin is at ${terminal.paint(server.address, "bold")}`);
    if (password === undefined) {
      terminal.line(
        isLoopback(options.host) && process.env["NODE_ENV"] !== "production"
          ? "Whoever sits at this machine may do everything in it. To ask for a password, set QUERN_ADMIN_PASSWORD."
          : `It is closed until ${passwordVariable} is set.`,
      );
    } else terminal.line(`Log in as ${options.user}.`);
    terminal.line("Press Ctrl-C to end it.");
    await stopped;
    await server.close();
    return 0;
  } finally {
    await client.close();
  }
}
