// What went wrong, as the three things a caller can do about it: again at once, later on a new connection, or not at all.
import { QuernError } from "../../core/errors.ts";

/** `again`: the transaction lost to another one. `away`: this connection is of no use, and its last statement may have been done. */
export type Failure = "again" | "away" | "refused";

const lost = new Set([
  "40001", // serialization failure
  "40P01", // deadlock
]);

const passingClasses = new Set([
  "08", // the connection's own
  "53", // out of disk, memory or connections
  "58", // the system around the server fails
]);

// Other reasons that pass by themselves, or with another server under the same name.
const passing = new Set([
  "25006", // read only: a fail-over left us with the old primary
  "25P03", // our own transaction was idle for too long
  "57P01", // shut down by an administrator
  "57P02", // crashed
  "57P03", // starting up
  "57P04", // the database was dropped: the next connection says so
  "57P05", // idle for too long
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENOENT", // its Unix socket
]);

// What `pg` says by itself has no code.
const driverSays =
  /^(Connection terminated|Query read timeout|timeout e(xceeded|xpired)|Client (has encountered|was closed))/;

// Another Quern has migrated the tables while a statement on them stood prepared here.
const stalePlan = "cached plan must not change result type";

// PgBouncer's word for a setting that comes with a connection. It says so as a protocol error, which would pass by itself.
const poolerRefuses = /^unsupported startup parameter/;

export function failureOf(error: unknown): Failure {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  if (poolerRefuses.test(message)) return "refused";
  if (lost.has(code)) return "again";
  if (passingClasses.has(code.slice(0, 2)) || passing.has(code) || (code === "" && driverSays.test(message)))
    return "away";
  return message === stalePlan ? "away" : "refused";
}

/** The error itself or, of a library that wraps what the driver said, what it wraps. */
export function serializationFailure(error: unknown): Error | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth++)
    if (lost.has(String((each as { code?: unknown }).code))) return each;
  return undefined;
}

interface Reason {
  reason: string;
  hint: string;
}

const permanent: Record<string, Reason> = {
  "28000": {
    reason: "it lets this user not in",
    hint: "Check the user in the URL, and the server's pg_hba.conf",
  },
  "28P01": { reason: "the password is wrong", hint: "Check user and password in the URL" },
  "3D000": { reason: "there is no such database", hint: "Create it, or correct its name in the URL" },
  "3F000": { reason: "there is no such schema", hint: "Create it, or correct it in the URL" },
  "42501": {
    reason: "this user lacks a privilege",
    hint: "Grant it, or run npx quern migrate as a user that has it",
  },
};

const pooler: Reason = {
  reason: "a pooler before it lets none of our settings through",
  hint: "Add pgbouncer=true to the URL; in session mode see docs/guides/postgres.md",
};

const waitedTooLong = new Set([
  "55P03", // lock timeout
  "57014", // statement timeout
]);

/** What the server or the driver said, as a sentence of ours where somebody can do something about it. */
export function explained(error: unknown, location: string, waited: string): unknown {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  if (waitedTooLong.has(code) || failureOf(error) === "again") {
    return new QuernError("QUERN_DATABASE_BUSY", { path: location, waited }, { cause: error });
  }
  const known = poolerRefuses.test(message) ? pooler : permanent[code];
  if (known !== undefined) {
    return new QuernError(
      "QUERN_DATABASE_UNUSABLE",
      { path: location, ...known, reason: `${known.reason} (${message})`, permanent: true },
      { cause: error },
    );
  }
  if (failureOf(error) === "refused") return error;
  const reason = (message === "" ? code : message).replace(/\.$/, "");
  return new QuernError("QUERN_DATABASE_AWAY", { path: location, reason }, { cause: error });
}
