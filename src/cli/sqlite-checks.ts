// The doctor's checks of an SQLite database: the library, the file and its folder, and what is inside. They change nothing.
import { accessSync, constants, readFileSync, realpathSync, statSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { loadSqlite, type SqliteDriver } from "../store/sqlite/sqlite-driver.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { megabytes } from "./text.ts";

const largeWalBytes = 256 * 2 ** 20;

/** `present` is false when there is no file to open. */
export async function checkSqlite(path: string): Promise<{ findings: Finding[]; present: boolean }> {
  let driver: SqliteDriver;
  try {
    driver = await loadSqlite();
  } catch (error) {
    const advice = "Upgrade Node, or run: npm install @photostructure/sqlite";
    return {
      findings: [fail("SQLite", error instanceof Error ? error.message : String(error), advice)],
      present: false,
    };
  }
  const findings = [checkLibrary(driver), ...checkFolder(dirname(path))];
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined) {
    findings.push(
      ok("file", `${path} is not there yet; it is made when a task is queued or a cluster starts`),
    );
    return { findings, present: false };
  }
  findings.push(checkFile(path, file));
  const usable = findings.every(({ status }) => status !== "fail");
  if (usable) findings.push(...checkInside(driver, path));
  return { findings, present: usable };
}

function checkLibrary(driver: SqliteDriver): Finding {
  const handle = new driver.DatabaseSync(":memory:");
  const [row] = handle.prepare("SELECT sqlite_version() AS version").all() as { version: string }[];
  handle.close();
  return ok("SQLite", `version ${row?.version ?? "unknown"}, safe with several processes`);
}

function checkFolder(folder: string): Finding[] {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return [fail("folder", `${folder} is not there`, `Make it: mkdir -p ${folder}`)];
  const findings: Finding[] = [];
  if (!writable(folder))
    findings.push(
      fail(
        "folder",
        `${folder} is not writable`,
        "SQLite keeps two files beside the database: let this user write there.",
      ),
    );
  else if ((found.mode & 0o1002) === 0o002) {
    findings.push(
      warn(
        "folder",
        `${folder} is writable by everybody, who may replace the database`,
        `Run: chmod o-w ${folder}`,
      ),
    );
  } else findings.push(ok("folder", `${folder}, mode ${modeOf(found)}`));
  const system = fileSystemOf(folder);
  if (system === undefined) return findings;
  const advice =
    "Locks and shared memory are not dependable there: use a local disk, or another database than SQLite.";
  return [
    ...findings,
    overNetwork.test(system)
      ? warn("disk", `${folder} is on a network file system (${system})`, advice)
      : ok("disk", system),
  ];
}

function checkFile(path: string, file: Stats): Finding {
  if (file.isDirectory())
    return fail(
      "file",
      `${path} is a directory`,
      "Set database to the path of a file, such as sqlite:quern.db.",
    );
  if (!writable(path))
    return fail(
      "file",
      `${path} is not writable`,
      "Let this user read and write it, and the files beside it.",
    );
  const found = `${path}, ${megabytes(file.size)}, mode ${modeOf(file)}`;
  if ((file.mode & 0o077) === 0) return ok("file", found);
  return warn(
    "file",
    `${found}: others may read inputs, results and a generated secret`,
    `Run: chmod 600 ${path}*`,
  );
}

function checkInside(driver: SqliteDriver, path: string): Finding[] {
  try {
    const handle = new driver.DatabaseSync(path, { timeout: 5_000 });
    try {
      const [journal] = handle.prepare("PRAGMA journal_mode").all() as { journal_mode: string }[];
      const damage = handle.prepare("PRAGMA integrity_check(3)").all() as { integrity_check: string }[];
      return [
        checkJournal(path, journal?.journal_mode),
        checkIntegrity(damage.map((row) => row.integrity_check)),
      ];
    } finally {
      handle.close();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [
      fail(
        "contents",
        `${path} can't be read: ${reason}`,
        "If it is no SQLite database, set database to another path; else restore a backup.",
      ),
    ];
  }
}

function checkJournal(path: string, mode: string | undefined): Finding {
  if (mode !== "wal")
    return warn(
      "journal",
      `mode ${mode ?? "unknown"} instead of WAL`,
      "Nothing to do: it changes when the database is opened. If it does not, the disk can't share memory.",
    );
  const size = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  if (size < largeWalBytes) return ok("journal", `WAL, ${megabytes(size)}`);
  return warn(
    "journal",
    `the WAL has grown to ${megabytes(size)}`,
    "Look for a process that keeps a read transaction open.",
  );
}

function checkIntegrity(rows: readonly string[]): Finding {
  if (rows.length === 1 && rows[0] === "ok") return ok("integrity", "sound");
  return fail(
    "integrity",
    rows.join("; ").slice(0, 300),
    "The database is damaged: stop what uses it, and restore a backup or try sqlite3's .recover.",
  );
}

function writable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function modeOf({ mode }: Stats): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

const overNetwork =
  /^(nfs\d?|cifs|smb\w*|9p|afs|ceph|glusterfs|lustre|gpfs|beegfs|vboxsf|virtiofs|fuse\.(sshfs|s3fs|gcsfuse|rclone|glusterfs))$/;

/** The kind of file system a folder is on; undefined where nobody says. */
function fileSystemOf(folder: string): string | undefined {
  let mounts: string;
  try {
    mounts = readFileSync("/proc/mounts", "utf8");
  } catch {
    return undefined;
  }
  const real = realpathSync(folder);
  let best = { at: "", system: undefined as string | undefined };
  for (const line of mounts.split("\n")) {
    const [, at, system] = line.split(" ");
    if (at === undefined || at.length < best.at.length) continue;
    const mount = at.replace(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    if (mount === "/" || real === mount || real.startsWith(`${mount}/`)) best = { at, system };
  }
  return best.system;
}
