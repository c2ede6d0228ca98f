// What a copy would do, without doing it: the rows there are, and what would stand in its way.
import { isQuernError } from "../../core/errors.ts";
import { type CopiedTable, copiedTables } from "../../store/copying.ts";
import type { Store } from "../../store/store.ts";
import { admitted, newOne, oldOne, refuseIfRun } from "./copy.ts";
import { waitUntilQuiet } from "./quiet.ts";
import { type CopyRecord, readRecord, sourceKey } from "./record.ts";

export interface CopyPlan {
  counts: { table: CopiedTable; source: number; read: number; target: number }[];
  /** What it would be refused for, in the words in which it would be. */
  obstacles: string[];
}

const atOnce = { waitMs: 0, onWait: (): void => {} };

/** `target` is null where it has no tables yet. */
export async function planCopy(
  source: Store,
  target: Store | null,
  options: Pick<Parameters<typeof waitUntilQuiet>[1], "clock"> & { force: boolean },
): Promise<CopyPlan> {
  const obstacles: string[] = [];
  const check = async <T>(work: Promise<T>): Promise<T | null> => {
    try {
      return await work;
    } catch (error) {
      if (!isQuernError(error, "QUERN_COPY_REFUSED")) throw error;
      obstacles.push(error.message);
      return null;
    }
  };
  let record: CopyRecord | null = null;
  if (target !== null) {
    const id = (await source.meta(sourceKey)) ?? "none yet";
    await check(admitted(source, target, id));
    record = await readRecord(target);
    if (record?.source !== id) record = null;
  }
  if (!options.force) {
    await check(waitUntilQuiet(source, { ...options, ...atOnce }, oldOne));
    if (target !== null) await check(waitUntilQuiet(target, { ...options, ...atOnce }, newOne));
    if (record !== null) await check(refuseIfRun(source, record));
  }
  const counts: CopyPlan["counts"] = [];
  for (const table of copiedTables) {
    counts.push({
      table,
      source: await source.rowCount(table),
      read: record?.read[table] ?? 0,
      target: (await target?.rowCount(table)) ?? 0,
    });
  }
  return { counts, obstacles };
}
