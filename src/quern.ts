// class Quern: the client plus start(). The one place where client and cluster meet; the cluster is loaded when it is started.
import { refuse } from "./core/check.ts";
import { QuernError } from "./core/errors.ts";
import type { EventName, Listener } from "./core/events.ts";
import type { CallOptions, QuernOptions } from "./core/options.ts";

import type { Transaction } from "./core/transaction.ts";
import { Client, clientKey } from "./client/client.ts";
import { Clusters } from "./client/clusters.ts";
import { drain } from "./client/drain.ts";
import { isAway, whileAway } from "./core/away.ts";
import { checkCall, sealTask } from "./client/enqueue/enqueue.ts";
import { EnqueueBatch, uncertain } from "./client/enqueue/enqueue-batch.ts";
import { Groups } from "./client/groups.ts";
import { handleOf, type TaskHandle } from "./client/handle.ts";
import type { ScheduledInput, ScheduleOptionsFor } from "./client/declarations.ts";
import { Queues } from "./client/queues.ts";
import { type TaskFunction, taskNameOf } from "./client/registry.ts";
import { draftSchedule } from "./client/schedule/draft.ts";
import type { ScheduleInfo } from "./client/schedule/info.ts";
import { Schedules } from "./client/schedules.ts";
import { Tasks } from "./client/tasks.ts";
import type { Cluster, StartOptions } from "./cluster/cluster.ts";
import type { CancelAnswer } from "./store/broker.ts";

/** The input comes first; a task function that takes none needs none. */
type CallArguments<Input> = undefined extends Input
  ? [input?: Input, options?: CallOptions]
  : [input: Input, options?: CallOptions];

const mostInOneStatement = 1_000;

export class Quern {
  readonly tasks: Tasks;
  readonly schedules: Schedules;
  readonly queues: Queues;
  readonly groups: Groups;
  readonly clusters: Clusters;
  readonly [clientKey]: Client;
  readonly #batch: EnqueueBatch;
  readonly #cancel: (id: string) => Promise<CancelAnswer> = (id) => this.tasks.cancel(id);

  /** Throws for options that are wrong. Opens nothing: the database is opened by the first call that needs it. */
  constructor(options: QuernOptions) {
    const client = new Client(options, process.env);
    this[clientKey] = client;
    this.#batch = new EnqueueBatch(client.clock);
    this.tasks = new Tasks(client);
    this.schedules = new Schedules(client);
    this.queues = new Queues(client);
    this.groups = new Groups(client);
    this.clusters = new Clusters(client);
  }

  /**
   * Queues one call; resolves when it is durable. Calls of one turn of the event loop travel together. While the database is away
   * it is repeated for 5 s; then QUERN_ENQUEUE_UNCERTAIN carries the id, by which it may be repeated for longer.
   * Throws QUERN_BAD_INPUT, QUERN_BAD_OPTION, QUERN_UNENCODABLE and the like before anything is written.
   */
  async enqueue<Input, Result>(
    task: TaskFunction<Input, Result>,
    ...[input, options]: CallArguments<Input>
  ): Promise<TaskHandle<Result>> {
    const client = this[clientKey];
    const known = client.registry.get(taskNameOf(task, "enqueue(task, input, options)"));
    const { store, keyring } = await whileAway(client.clock, () => client.open());
    const prepared = sealTask(client, keyring, await checkCall(client, known, input, options));
    const tx = options?.tx;
    const enqueued =
      tx === undefined ? await this.#batch.add(store, prepared) : (await store.enqueue([prepared], tx))[0];
    if (enqueued === undefined) throw new Error("the store answered nothing to an enqueue");
    const { id, name } = enqueued;
    const { func, queue, group } = prepared;
    if (!enqueued.deduplicated && tx === undefined)
      void client.events.emit("task:enqueued", {
        id,
        name,
        func,
        queue,
        ...(group === null ? {} : { group }),
      });
    if (client.options.sync && tx === undefined) await drain(client, [queue]);
    return handleOf<Result>(client, enqueued, this.#cancel);
  }

  /**
   * Queues one call for each input, a thousand in a statement; much faster than one by one. Options are for all of them, or made
   * for each. All inputs are checked before the first is written.
   */
  async enqueueMany<Input, Result>(
    task: TaskFunction<Input, Result>,
    inputs: readonly NoInfer<Input>[], // Else a wrong input would only widen what the task function is taken to want.
    options?: CallOptions | ((input: Input, index: number) => CallOptions),
  ): Promise<TaskHandle<Result>[]> {
    const client = this[clientKey];
    const known = client.registry.get(taskNameOf(task, "enqueueMany(task, inputs, options)"));
    if (!Array.isArray(inputs))
      refuse(inputs, "the inputs", "an array of inputs", "enqueueMany(task, inputs, options)");
    const { store, keyring } = await whileAway(client.clock, () => client.open());
    const optionsOf = typeof options === "function" ? options : () => options;
    const checked = [];
    const transactions = new Set<Transaction | undefined>();
    for (const [index, input] of inputs.entries()) {
      const callOptions = optionsOf(input, index);
      const one = checkCall(client, known, input, callOptions, `inputs[${index}]`);
      checked.push(one instanceof Promise ? await one : one);
      transactions.add(callOptions?.tx);
    }
    const [tx] = transactions;
    if (transactions.size > 1) {
      throw new QuernError("QUERN_BAD_OPTION", {
        field: "tx",
        expected: "the same for all calls of enqueueMany()",
        given: "several",
        where: "its options",
      });
    }
    const handles: TaskHandle<Result>[] = [];
    for (let from = 0; from < checked.length; from += mostInOneStatement) {
      const calls = checked.slice(from, from + mostInOneStatement);
      const tasks = calls.map((call) => sealTask(client, keyring, call));
      const enqueued = await (tx === undefined
        ? whileAway(client.clock, () => store.enqueue(tasks))
        : store.enqueue(tasks, tx)
      ).catch((error: unknown) => {
        if (tx !== undefined || !isAway(error)) throw error;
        throw uncertain(
          tasks.map(({ id }) => id),
          error,
        );
      });
      for (const one of enqueued) handles.push(handleOf<Result>(client, one, this.#cancel));
    }
    if (client.options.sync && tx === undefined) await drain(client);
    return handles;
  }

  /**
   * Makes a schedule, or updates the one of that name; safe to call at every start, from any number of processes. The same
   * declaration changes nothing, so what people edited stays. One that changed updates the schedule, and leaves a pause, the count
   * and, unless its times changed, the next run. Null: it has run and deleted itself, or its end has passed.
   */
  async schedule<Input, Result, Key extends string = never>(
    name: string,
    task: TaskFunction<Input, Result>,
    input: ScheduledInput<Input, Key>,
    options: ScheduleOptionsFor<Input, Key>,
  ): Promise<ScheduleInfo | null> {
    const client = this[clientKey];
    const func = taskNameOf(task, `quern.schedule(${JSON.stringify(name)}, task, input, options)`);
    const place = `quern.schedule(${JSON.stringify(name)}, ${func}, input, { * })`;
    const draft = draftSchedule(client, { name, func, input, options, place });
    const { declareSchedule } = await import("./client/declared-schedules.ts");
    const row = await declareSchedule(client, "code", draft);
    return row && this.schedules.get(row.id);
  }

  /** Calls `listener` at every such event; docs/events.md says where each is sent. Returns what takes it off again. */
  on<Name extends EventName>(event: Name, listener: Listener<Name>): () => void {
    return this[clientKey].events.on(event, listener);
  }

  once<Name extends EventName>(event: Name, listener: Listener<Name>): () => void {
    return this[clientKey].events.once(event, listener);
  }

  off<Name extends EventName>(event: Name, listener: Listener<Name>): void {
    this[clientKey].events.off(event, listener);
  }

  /**
   * Starts a cluster: this process guards the workers that it forks on your project module (`quern.config.ts`, or `project`).
   * Resolves when they are ready. `npx quern cluster` does the same from the command line.
   */
  async start(options: StartOptions = {}): Promise<Cluster> {
    const { startCluster } = await import("./cluster/cluster.ts");
    return startCluster(this[clientKey], options);
  }

  /** Lets go of the database. A cluster that was started here must be stopped first. */
  async close(): Promise<void> {
    await this[clientKey].close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
