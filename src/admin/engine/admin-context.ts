// What the functions of a registration are told: who asks, when, and what there is.
import type { Client } from "../../client/client.ts";
import type { Keyring } from "../../core/signing.ts";
import type { Condition } from "../../store/browse.ts";
import type { AuditEntry } from "../../store/broker.ts";
import type { Store } from "../../store/store.ts";
import type { User } from "../access.ts";

/** Everything that functions of a registration are told: who asks, when, and what there is. */
export interface AdminContext {
  readonly client: Client;
  readonly store: Store;
  readonly keyring: Keyring;
  readonly user: User;
  /** The engine's clock. */
  readonly now: number;
  /** For moments that have no zone in them. */
  readonly timeZone: string;
  readonly redaction: Redaction;
  /** Whether this user may, in general or with this row. */
  can(permission: string, object?: unknown): Promise<boolean>;
  /** What rows of a model must fit to be there for this user. */
  scope(model: string): Promise<readonly Condition[]>;
  /** Who does this, for the audit log. */
  entry(action: string, object: string, more?: Partial<AuditEntry>): AuditEntry;
}

export interface Redaction {
  /** Encoded values, as JSON text. */
  value(text: string, func?: string): string;
  /** Sentences: messages, stacks, log lines. */
  text(text: string): string;
}

/** What an action is told beside: which operation it belongs to, so that a repeat of it adds nothing. */
export interface ActionContext extends AdminContext {
  /** The id that something made for this row gets, the same at each repeat. */
  idFor(row: string): string;
}
