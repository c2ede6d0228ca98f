// `?` for values to `$1`, `$2` …, and a name for each text, so that a connection parses and plans it once.
import type { Value } from "../sql/database.ts";
import type { PgQuery } from "./postgres-driver.ts";

// Names stay on their connections for good; texts beyond this many (lists with many filters) go without.
const mostNamed = 200;

export class Statements {
  readonly #named: boolean;
  readonly #known = new Map<string, { text: string; name?: string }>();

  constructor(named: boolean) {
    this.#named = named;
  }

  query(sql: string, values: readonly Value[]): PgQuery {
    return { ...this.#prepared(sql), values };
  }

  #prepared(sql: string): { text: string; name?: string } {
    const known = this.#known.get(sql);
    if (known !== undefined) return known;
    const text = numbered(sql);
    if (!this.#named || this.#known.size >= mostNamed) return { text };
    const prepared = { text, name: `quern_${this.#known.size}` };
    this.#known.set(sql, prepared);
    return prepared;
  }
}

export function numbered(sql: string): string {
  let count = 0;
  return sql.replaceAll("?", () => `$${++count}`);
}
