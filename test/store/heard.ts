// A database whose statements are written down as they are asked.
import type { Database, Sql, Value } from "../../src/store/sql/database.ts";

export interface Asked {
  sql: string;
  values: readonly Value[];
}

export function heard(database: Database, hear: (asked: Asked) => void): Database {
  const listened = (sql: Sql): Sql => {
    const told =
      <T>(call: (text: string, values?: readonly Value[]) => Promise<T>) =>
      (text: string, values: readonly Value[] = []): Promise<T> => {
        hear({ sql: text, values });
        return call.call(sql, text, values);
      };
    return { all: told(sql.all), run: told(sql.run), wake: () => sql.wake() };
  };
  return {
    location: database.location,
    reader: listened(database.reader),
    write: (work) => database.write((sql) => work(listened(sql))),
    join: async (tx, table) => listened(await database.join(tx, table)),
    exclusive: (work) => database.exclusive(work),
    watch: (wake) => database.watch(wake),
    close: () => database.close(),
  };
}
