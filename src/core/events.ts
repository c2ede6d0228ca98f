// Every event with its payload, and the emitter. docs/events.md is made from the table.
import { callable, oneOf } from "./check.ts";
import type { Clock } from "./clock.ts";

/** Which task an event is about. */
export interface TaskEvent {
  readonly id: string;
  readonly name: string;
  readonly func: string;
  readonly queue: string;
  readonly group?: string;
}

/** Which attempt of it. */
export interface AttemptEvent extends TaskEvent {
  readonly attempt: number;
}

export interface EndEvent extends AttemptEvent {
  readonly started?: Date;
  readonly stopped: Date;
}

export interface EventError {
  readonly name: string;
  readonly message: string;
}

export interface ClusterEvent {
  readonly id: string;
  readonly name: string;
  readonly pid: number;
  readonly host: string;
}

export interface EventPayloads {
  "task:enqueued": TaskEvent;
  "task:started": AttemptEvent;
  "task:succeeded": EndEvent;
  "task:failed": EndEvent & { readonly outcome: string; readonly error: EventError };
  "task:retried": AttemptEvent & {
    readonly outcome: string;
    readonly error: EventError;
    readonly retryAt: Date;
  };
  "task:lost": AttemptEvent;
  "schedule:fired": {
    readonly schedule: string;
    readonly name: string;
    readonly slot: Date;
    readonly taskId: string;
  };
  "schedule:failed": { readonly schedule: string; readonly name: string; readonly error: EventError };
  "cluster:started": ClusterEvent & { readonly workers: number };
  "cluster:stopped": ClusterEvent & { readonly reason: string };
  "cluster:worker-lost": ClusterEvent & { readonly workerPid: number; readonly reason: string };
}

export type EventName = keyof EventPayloads;
export type Listener<Name extends EventName> = (payload: EventPayloads[Name]) => void | Promise<void>;

/** When each event is sent and where its listeners run. Best effort: what must not be missed is a hook. */
export const eventTable = {
  "task:enqueued": { when: "A task was queued, after the commit.", where: "the process that enqueued it" },
  "task:started": { when: "An attempt starts to run its task function.", where: "the worker that runs it" },
  "task:succeeded": { when: "A task ended well.", where: "one worker of the cluster that ran it" },
  "task:failed": {
    when: "A task ended as a failure: no attempt is left, or it was cancelled.",
    where: "one worker",
  },
  "task:retried": { when: "An attempt failed and another follows.", where: "one worker" },
  "task:lost": {
    when: "The lease of an attempt ran out.",
    where: "one worker of the cluster that reclaimed it",
  },
  "schedule:fired": {
    when: "A schedule made the task of a slot.",
    where: "one worker of the cluster that did",
  },
  "schedule:failed": {
    when: "A schedule could not make its task, or its task could not take the input. It shows the error; only where its func is unknown it goes on by itself.",
    where: "one worker of the cluster that saw it",
  },
  "cluster:started": { when: "A cluster's workers are ready.", where: "one worker" },
  "cluster:stopped": { when: "A cluster has finished its running tasks and stops.", where: "one worker" },
  "cluster:worker-lost": { when: "A worker process died and was replaced.", where: "another worker" },
} as const satisfies Record<EventName, { readonly when: string; readonly where: string }>;

const listenerLimitMs = 2_000;

/** Calls listeners. What they throw goes to the handler that was handed in and touches no task. */
export class Events {
  /** By event: what was handed in, and whether it is called only once more. */
  readonly #listeners = new Map<string, Map<(payload: never) => unknown, { once: boolean }>>();
  readonly #onListenerError: (error: unknown, event: EventName) => void;
  readonly #clock: Clock;

  constructor(onListenerError: (error: unknown, event: EventName) => void, clock: Clock) {
    this.#onListenerError = onListenerError;
    this.#clock = clock;
  }

  /** Returns what takes the listener off again. */
  on<Name extends EventName>(event: Name, listener: Listener<Name>): () => void {
    return this.#add(event, listener, { once: false });
  }

  once<Name extends EventName>(event: Name, listener: Listener<Name>): () => void {
    return this.#add(event, listener, { once: true });
  }

  off<Name extends EventName>(event: Name, listener: Listener<Name>): void {
    const listeners = this.#listeners.get(event);
    if (listeners?.delete(listener) && listeners.size === 0) this.#listeners.delete(event);
  }

  /** Never throws or rejects. Resolves when every listener has ended, or after 2 seconds. */
  async emit<Name extends EventName>(event: Name, payload: EventPayloads[Name]): Promise<void> {
    const listeners = this.#listeners.get(event);
    if (listeners === undefined) return;
    const called = [...listeners];
    for (const [listener, { once }] of called) if (once) this.off(event, listener as Listener<Name>);
    const running = Promise.all(
      called.map(([listener]) => this.#call(event, listener as Listener<Name>, payload)),
    );
    const ended = new AbortController();
    const limit = this.#clock.sleep(listenerLimitMs, ended.signal).then(() => {
      if (!ended.signal.aborted) {
        this.#report(new Error(`a listener took longer than ${listenerLimitMs} ms`), event);
      }
    });
    await Promise.race([running, limit]);
    ended.abort();
  }

  hears(event: EventName): boolean {
    return this.#listeners.has(event);
  }

  /** The events somebody listens to: nobody has to send the others anywhere. */
  listening(): string[] {
    return [...this.#listeners.keys()];
  }

  #add<Name extends EventName>(event: Name, listener: Listener<Name>, how: { once: boolean }): () => void {
    // Who listens to an event that does not exist would wait for ever.
    oneOf(event, Object.keys(eventTable), "the event", "quern.on(event, listener)");
    callable(listener, "the listener", `quern.on(${JSON.stringify(event)}, listener)`);
    const listeners = this.#listeners.get(event) ?? new Map<(payload: never) => unknown, { once: boolean }>();
    // Who hears all of them hears the next one, too.
    if (listeners.get(listener)?.once !== false) listeners.set(listener, how);
    this.#listeners.set(event, listeners);
    return () => this.off(event, listener);
  }

  async #call<Name extends EventName>(
    event: Name,
    listener: Listener<Name>,
    payload: EventPayloads[Name],
  ): Promise<void> {
    try {
      await listener(payload);
    } catch (error) {
      this.#report(error, event);
    }
  }

  #report(error: unknown, event: EventName): void {
    try {
      this.#onListenerError(error, event);
    } catch {
      // The handler of errors is broken as well, and a task must not end for it.
    }
  }
}
