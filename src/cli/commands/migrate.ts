// quern migrate: brings the tables of the project's database to this version, also where opening it may not.
import { openStore } from "../../store/open.ts";
import { type ProjectOptions, withProject } from "../load.ts";
import type { Terminal } from "../terminal.ts";

export async function migrate(
  options: ProjectOptions & { json?: boolean },
  terminal: Terminal,
): Promise<number> {
  return withProject(options, async ({ client }) => {
    const { database, synchronous, tablePrefix } = client.options;
    const store = await openStore(database, {
      synchronous,
      tablePrefix,
      migrate: true,
      clockOffsetMs: () => 0,
    });
    const { location, migrated } = store;
    await store.close();
    if (options.json === true) terminal.json({ database: location, ...migrated });
    else if (migrated.from === migrated.to)
      terminal.line(`${location}: the tables are at version ${migrated.to} already`);
    else terminal.line(`${location}: from version ${migrated.from} to ${migrated.to}`);
    return 0;
  });
}
