// What the functions of a registration are told, made for one request or one step of an operation.
import type { Client, Opened } from "../../client/client.ts";
import type { Access, User } from "../access.ts";
import type { Condition } from "../../store/browse.ts";
import { redactText, redactValue } from "../../core/redact.ts";
import type { AdminContext, Redaction } from "./admin-context.ts";

export interface Setting {
  readonly client: Client;
  readonly access: Access;
  /** What rows of a model must fit to be there for a user. */
  readonly scopeOf: (user: User, model: string) => Promise<readonly Condition[]>;
  readonly timeZone: string;
  /** Paths that are secret in the inputs and results of a task function. */
  readonly redact: Readonly<Record<string, readonly string[]>>;
}

export function contextFor(
  { client, access, scopeOf, timeZone, redact }: Setting,
  { store, keyring }: Opened,
  { user, address, now, reason }: { user: User; address: string | null; now: number; reason?: string },
): AdminContext {
  const redaction: Redaction = {
    value: (text, func) => redactValue(text, func === undefined ? [] : (redact[func] ?? [])),
    text: redactText,
  };
  return {
    client,
    store,
    keyring,
    user,
    now,
    timeZone,
    redaction,
    scope: (model) => scopeOf(user, model),
    can: (permission, object) => access.allows(user, permission, object),
    entry: (action, object, more = {}) => ({
      who: user.name,
      role: user.everything === true ? "debug" : user.role,
      action,
      object,
      ...(address === null ? {} : { address }),
      ...(reason === undefined || reason === "" ? {} : { reason }),
      ...more,
    }),
  };
}
