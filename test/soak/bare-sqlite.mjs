// The database file by the bare driver, without Quern: for what the harness does behind its back.

export async function openBare(path, options = {}) {
  const { DatabaseSync } = await import("node:sqlite").catch(() => import("@photostructure/sqlite"));
  return new DatabaseSync(path, options);
}

/** Takes the write lock and answers true, or false when somebody else has it. */
export function tryLock(database) {
  try {
    database.exec("BEGIN IMMEDIATE");
    return true;
  } catch (error) {
    if (/locked|busy/i.test(String(error))) return false;
    throw error;
  }
}
