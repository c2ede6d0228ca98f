// Who may do what: roles, grants of one's own, and what the application says about it.
import type { Condition } from "../store/browse.ts";
import type { Role } from "./contract.ts";

/** Who asks. */
export interface User {
  readonly name: string;
  readonly role: Role;
  /** Permissions beside those of the role: `queued.change`. */
  readonly grants: readonly string[];
  /** Development on this machine: everything is allowed. */
  readonly everything?: boolean;
}

/** A name alone is a viewer. */
export type Identity = Pick<User, "name"> & Partial<Pick<User, "role" | "grants">>;

/** True or false decides; undefined leaves it to role and grants. */
export type Authorize = (
  user: User,
  permission: string,
  object?: unknown,
) => boolean | undefined | Promise<boolean | undefined>;

/** Which rows of a model exist for a user; undefined: all. */
export type Scope = (
  user: User,
  model: string,
) => readonly Condition[] | undefined | Promise<readonly Condition[] | undefined>;

const operator = [
  "success.resubmit",
  "failure.resubmit",
  "running.cancel",
  "queued.cancel",
  "schedule.run",
  "schedule.pause",
  "queue.pause",
];

const admin = [
  "success.delete",
  "failure.delete",
  "schedule.add",
  "schedule.change",
  "schedule.delete",
  "cluster.operate",
  "operation.cancel",
  "view.share",
  "audit.view",
];

/** Whatever the role: only by a grant of one's own. Any permission that no role has is of this kind. */
export const ownGrants: readonly string[] = [
  "queued.change",
  "queued.delete",
  "queued.release",
  "queued.add",
  "queued.raw",
  "failure.raw",
];

export const rolePermissions: Readonly<Record<Exclude<Role, "viewer">, readonly string[]>> = {
  operator,
  admin,
};

function roleAllows(role: Role, permission: string): boolean {
  if (permission.endsWith(".view") && permission !== "audit.view") return true;
  if (role === "viewer") return false;
  if (permission.endsWith(".export") || operator.includes(permission)) return true;
  return role === "admin" && admin.includes(permission);
}

export interface AccessOptions {
  authorize: Authorize | undefined;
  scope: Scope | undefined;
  readOnly: boolean;
}

export class Access {
  readonly #options: AccessOptions;

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  get readOnly(): boolean {
    return this.#options.readOnly;
  }

  async allows(user: User, permission: string, object?: unknown): Promise<boolean> {
    if (this.#options.readOnly && changes(permission)) return false;
    if (user.everything === true) return true;
    const decided = await this.#options.authorize?.(user, permission, object);
    return decided ?? (user.grants.includes(permission) || roleAllows(user.role, permission));
  }

  /** What rows must fit to be there for this user. */
  async scopeOf(user: User, model: string): Promise<readonly Condition[]> {
    return user.everything === true ? [] : ((await this.#options.scope?.(user, model)) ?? []);
  }
}

const reads = [".view", ".export", ".raw"];

function changes(permission: string): boolean {
  return !reads.some((ending) => permission.endsWith(ending));
}

export function userOf({ name, role = "viewer", grants = [] }: Identity): User {
  return { name, role, grants };
}
