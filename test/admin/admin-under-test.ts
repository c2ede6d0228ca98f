// An admin over a store of its own, asked as a browser on this machine asks it, or as whoever a test says.
import type { ActionAnswer, ErrorAnswer, ListAnswer, Row } from "../../src/admin/contract.ts";
import { createAdmin, type Admin, type AdminOptions } from "../../src/admin/index.ts";
import { Client, clientKey } from "../../src/client/client.ts";
import { checkCall, sealTask } from "../../src/client/enqueue/enqueue.ts";
import { scheduledTask } from "../../src/client/scheduled-task.ts";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import type { CallOptions, QuernOptions } from "../../src/core/options.ts";
import { readSchedule } from "../../src/core/schedule/definition.ts";
import { advance } from "../../src/core/schedule/schedule.ts";
import type { ClaimedTask } from "../../src/core/task.ts";
import { type AnyTask, task } from "../../src/client/registry.ts";
import type { Ending } from "../../src/store/broker.ts";
import type { Store } from "../../src/store/store.ts";
import { undescribed } from "./described.ts";
import { claimBy, failed, succeeded } from "../../src/testing/store/examples.ts";

export const add = task("math.add", async ({ a }: { a: number }) => a);
export const mail = task("mail.send", async ({ to }: { to: string }) => to);

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

export interface Asked {
  body?: unknown;
  headers?: Record<string, string>;
  /** Null: the handler is not told. */
  address?: string | null;
  host?: string;
}

export interface Answered<T> {
  status: number;
  headers: Headers;
  /** As the contract says; of another shape, the test fails where it looks into it. */
  json: T;
  text: string;
}

export class AdminUnderTest {
  readonly admin: Admin;
  readonly client: Client;

  constructor(
    options: AdminOptions = { debug: true },
    quern: Partial<QuernOptions> = {},
    clock: Clock = systemClock,
  ) {
    this.client = new Client(
      { tasks: [add, mail], database: "memory:", workers: 0, retry: false, logger: quiet, ...quern },
      {},
      clock,
    );
    this.admin = createAdmin({ [clientKey]: this.client }, options);
  }

  async store(): Promise<Store> {
    return (await this.client.open()).store;
  }

  async ask<T = ErrorAnswer>(
    method: string,
    path: string,
    { body, headers = {}, address = "127.0.0.1", host = "localhost" }: Asked = {},
  ): Promise<Answered<T>> {
    const writes: Record<string, string> =
      method === "GET" || method === "HEAD"
        ? {}
        : { "content-type": "application/json", "sec-fetch-site": "same-origin" };
    const request = new Request(`http://${host}${path}`, {
      method,
      headers: { host, ...writes, ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const response = await this.admin(request, address === null ? {} : { address });
    const text = await response.text();
    const isJson =
      response.headers.get("content-type")?.startsWith("application/json") === true && text !== "";
    const { status, headers: told } = response;
    const answered = { status, headers: told, text, json: (isJson ? JSON.parse(text) : undefined) as T };
    const wrong = undescribed(method, path, answered);
    if (wrong !== null) throw new Error(wrong);
    return answered;
  }

  get<T = ErrorAnswer>(path: string, asked: Asked = {}): Promise<Answered<T>> {
    return this.ask<T>("GET", path, asked);
  }

  /** The rows of a list, by one of their cells. */
  async list(model: string, query = ""): Promise<Row[]> {
    const { status, json, text } = await this.get<ListAnswer>(
      `/api/models/${model}${query === "" ? "" : `?${query}`}`,
    );
    if (status !== 200) throw new Error(`${status} ${text}`);
    return json.rows;
  }

  async names(model: string, query = ""): Promise<string[]> {
    const rows = await this.list(model, `columns=name${query === "" ? "" : `&${query}`}`);
    return rows.map(({ cells }) => String(cells["name"]));
  }

  #operations = 0;

  act(
    model: string,
    action: string,
    body: object,
    asked: Asked = {},
  ): Promise<Answered<ActionAnswer & ErrorAnswer>> {
    return this.ask<ActionAnswer & ErrorAnswer>("POST", `/api/models/${model}/actions/${action}`, {
      ...asked,
      body: { operation: `operation-${++this.#operations}`, ...body },
    });
  }

  async enqueue(func: AnyTask, input: unknown, options: CallOptions = {}): Promise<string> {
    const { store, keyring } = await this.client.open();
    const prepared = sealTask(this.client, keyring, await checkCall(this.client, func, input, options));
    await store.enqueue([prepared]);
    return prepared.id;
  }

  /** Picks up everything that is ready, of all queues. */
  async claim(owner = "cluster-1"): Promise<ClaimedTask[]> {
    const store = await this.store();
    const lanes = (await store.queueNames()).map((queue) => ({ queue, limit: 1_000 }));
    return (await store.claim(claimBy(owner, { lanes }))).tasks;
  }

  async ended(
    func: AnyTask,
    input: unknown,
    options: CallOptions = {},
    changes: Partial<Ending> & { result?: string } = {},
  ): Promise<string> {
    const id = await this.enqueue(func, input, options);
    const running = (await this.claim()).find((one) => one.id === id);
    if (running === undefined) throw new Error("the task was not picked up");
    const times = { started: Date.now() - 1_000, stopped: Date.now() };
    const ending =
      changes.outcome === undefined || changes.outcome === "success"
        ? succeeded(running, { ...times, ...changes })
        : failed(running, { ...times, ...changes });
    await (await this.store()).finish([ending]);
    return id;
  }

  /** What a cluster's scheduler does with what is due. */
  async fire(): Promise<string[]> {
    const { store, keyring } = await this.client.open();
    const now = await store.time();
    const due = await store.dueSchedules({ queues: null, funcs: this.client.registry.names(), limit: 100 });
    const tasks: string[] = [];
    for (const row of due.schedules) {
      const step = advance(readSchedule(row), { now });
      if (step === null) continue;
      const task = step.slot === null ? null : scheduledTask(this.client, keyring, row, step.slot);
      const slots = task === null ? [] : [{ slot: step.slot!, task }];
      await store.fireSchedules([
        { id: row.id, read: row, revision: row.revision, slots, ...step.next, remove: step.remove },
      ]);
      if (task !== null) tasks.push(task.id);
    }
    return tasks;
  }

  async close(): Promise<void> {
    await this.admin.close();
    await this.client.close();
  }
}
