// The chapter of who did what: entries are added and read, and never changed.
import type { AuditEntry } from "./broker.ts";

export interface AuditRow extends AuditEntry {
  id: number;
  at: number;
}

export interface Audit {
  audit(entry: AuditEntry): Promise<void>;
  /** The newest first. */
  audits(limit: number): Promise<AuditRow[]>;
}
