// What one admin is made of, for its handlers; and what a handler is told of a request.
import type { Client } from "../client/client.ts";
import type { User } from "./access.ts";
import type { Body } from "./body.ts";
import type { Count } from "./contract.ts";
import type { Setting } from "./engine/context.ts";
import type { Model } from "./engine/list.ts";
import type { AdminContext } from "./engine/admin-context.ts";
import type { Action, AnyModel } from "./engine/model-admin.ts";
import type { Live } from "./live.ts";
import type { Login } from "./login.ts";
import type { Operations } from "./operations.ts";

export interface App {
  readonly client: Client;
  readonly setting: Setting;
  readonly label: string;
  readonly environment: string | null;
  readonly debug: boolean;
  /** Null: nobody can log in. */
  readonly login: Login | null;
  readonly models: ReadonlyMap<string, AnyModel>;
  readonly operations: Operations;
  readonly live: Live;
  /** The model as it is for this user; undefined: there is none of that name. */
  model(name: string, user: User): Promise<Model | undefined>;
  openapi(): unknown;
  /** The counts of the navigation, of the lists that this user may see. */
  counts(ctx: AdminContext): Promise<Record<string, Count>>;
}

export interface OpenCall {
  readonly app: App;
  readonly request: Request;
  /** The visitor's address, as far as it is known. */
  readonly address: string | null;
  readonly search: URLSearchParams;
  readonly body: Body;
  /** Null: nobody is logged in. */
  readonly ctx: AdminContext | null;
}

export interface Call extends OpenCall {
  readonly ctx: AdminContext;
  readonly params: Readonly<Record<string, string>>;
}

export interface ModelCall extends Call {
  readonly model: Model;
}

export interface ActionCall extends ModelCall {
  readonly action: Action<unknown>;
}
