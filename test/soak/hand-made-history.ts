// Builds a small history of a soak by hand: every task lives rightly, until a test takes a line away or adds one.
import { check, type Verdict } from "./checker.mjs";

const noon = 1_700_000_000_000;

export class HandMadeHistory {
  readonly #ledger: string[] = [];
  readonly #rows = ["integrity ok"];
  readonly #asked = new Map<string, number>();
  #mono = 1_000;
  worker = 501;
  owner = "owner-a";

  constructor() {
    this.say("cluster 500").say("cluster 600");
    this.row("cluster owner-a 500").row("cluster owner-b 600");
  }

  say(line: string): this {
    this.#ledger.push(`${this.#mono} ${noon + this.#mono} ${line}`);
    return this;
  }

  row(line: string): this {
    this.#rows.push(line.replaceAll("NOW", String(noon + this.#mono)));
    return this;
  }

  wait(ms: number): this {
    this.#mono += ms;
    return this;
  }

  /** From now on tasks run in this worker of this cluster. */
  in(worker: number, owner: "owner-a" | "owner-b" = "owner-a"): this {
    this.worker = worker;
    this.owner = owner;
    return this;
  }

  ask(id: string, kind: string, key = ""): this {
    this.#asked.set(id, noon + this.#mono);
    return this.say(`intent ${id} ${kind} ${key}`.trim()).wait(1).say(`acked ${id}`).wait(1);
  }

  /** One attempt that ends well, and the task with it. */
  succeed(id: string, attempt = 1, origin?: string): this {
    return this.start(id, attempt).stop(id, attempt, "success").finish(id, attempt, "success", origin);
  }

  start(id: string, attempt = 1): this {
    return this.say(`start ${id} ${attempt} ${this.worker} ${this.owner === "owner-a" ? 500 : 600}`).wait(10);
  }

  /** The record of an attempt that ends now, and the line its function writes when it has its say. */
  stop(id: string, attempt: number, outcome: string): this {
    const verb = { success: "end", failed: "throw", snoozed: "snooze" }[outcome];
    if (verb !== undefined) this.say(`${verb} ${id} ${attempt}`);
    return this.row(`attempt ${id} ${attempt} ${this.owner} ${outcome} ${this.worker}(calm-mill) NOW`).wait(
      1,
    );
  }

  /** The row of a task whose last attempt has just ended. */
  finish(id: string, attempt: number, outcome: string, origin = "soak.task - - -"): this {
    const state = outcome === "success" ? "success" : "failure";
    return this.row(`task ${id} ${state} ${outcome} ${attempt} ${this.#asked.get(id) ?? noon} NOW ${origin}`);
  }

  /** A whole life: asked for, then an attempt for each outcome; the last one is the end. */
  live(id: string, kind: string, ...outcomes: string[]): this {
    this.ask(id, kind);
    for (const [index, outcome] of outcomes.entries()) this.start(id, index + 1).stop(id, index + 1, outcome);
    return this.finish(id, outcomes.length, outcomes.at(-1) as string);
  }

  /** Takes away every line and row with this text; at least one has it. */
  forget(text: string): this {
    let gone = 0;
    for (const lines of [this.#ledger, this.#rows]) {
      for (let index = lines.length - 1; index >= 0; index--) {
        if (!lines[index]?.includes(text)) continue;
        lines.splice(index, 1);
        gone++;
      }
    }
    if (gone === 0) throw new Error(`no line has ${JSON.stringify(text)}`);
    return this;
  }

  ledger(): string {
    return `${this.#ledger.join("\n")}\n`;
  }

  judge(): Verdict {
    return check([this.ledger()], `${this.#rows.join("\n")}\n`);
  }

  /** Which invariants are broken, each once. */
  broken(): string[] {
    return [...new Set(this.judge().violations.map((text) => text.split(" ")[0] as string))];
  }
}
