// Every error Quern throws, as one table: code, sentence and what to do. docs/errors.md is made from it.

interface ErrorEntry {
  /** Starts with what was expected and shows what came. `{blanks}` are filled from the error's details. */
  readonly sentence: string;
  /** What to do. A sentence in here with a blank that nobody filled is left out. */
  readonly fix: string;
}

// A code that is retired is never used again: people search for it.
export const errorTable = {
  QUERN_BAD_OPTION: {
    sentence: "expected {field} to be {expected}, got {given}.",
    fix: "Set it in {where}.",
  },
  QUERN_UNKNOWN_OPTION: {
    sentence: '{what} has no option "{option}".',
    fix: 'Did you mean "{meant}"? docs/options.md lists them all.',
  },
  QUERN_BAD_INPUT: {
    sentence: "{task} can't take this input ({given}): {issues}.",
    fix: "Nothing was queued or run. Change the input, or the schema in task().",
  },
  QUERN_UNENCODABLE: {
    sentence: "expected {path} to be plain data, got {given}.",
    fix: "{hint}. Carried are JSON values, Date, BigInt, Map, Set, bytes, Error, undefined, NaN and Infinity.",
  },
  QUERN_TOO_LARGE: {
    sentence: "expected at most {maxBytes} bytes of text, got more at {path}.",
    fix: "Pass a reference to the data (a path, a key), or raise maxBytes in new Quern({ maxBytes }).",
  },
  QUERN_TOO_DEEP: {
    sentence: "expected at most {maxDepth} levels of nesting, got more at {path}.",
    fix: "Flatten the value, or raise maxDepth in new Quern({ maxDepth }).",
  },
  QUERN_UNDECODABLE: {
    sentence: "expected text that Quern's codec wrote, got {reason}.",
    fix: "It is kept as it is. If a newer Quern wrote it, upgrade this one.",
  },
  QUERN_BAD_ENVELOPE: {
    sentence: "expected a sealed call, got {reason}.",
    fix: "It is kept as it is among the failures. If a newer Quern wrote it, upgrade this one.",
  },
  QUERN_BAD_SIGNATURE: {
    sentence: "the signature of task {id} does not match its id, func, queue and body.",
    fix: "Somebody changed the row, or wrote it without the secret. It is kept among the failures, not run.",
  },
  QUERN_UNKNOWN_KEY: {
    sentence: 'task {id} is signed with key "{keyId}", which is none of ours.',
    fix: 'Add its secret behind the current one, as QUERN_SECRET="current,old", and resubmit the task.',
  },
  QUERN_UNKNOWN_TASK: {
    sentence: 'no task function is called "{func}".',
    fix: 'Did you mean "{meant}"? Put it into new Quern({ tasks }), in this process and in the cluster\'s.',
  },
  QUERN_DUPLICATE_TASK: {
    sentence: 'expected task functions with different names, got two called "{func}".',
    fix: "Rename one of them in its task().",
  },
  QUERN_UNKNOWN_TASK_ID: {
    sentence: "no task has the id {id}.",
    fix: "It may have been deleted, or pruned by saveLimit.",
  },
  QUERN_BAD_URL: {
    sentence: "expected {field} to be a URL such as {expected}, got {given}.",
    fix: "Did you mean {meant}:? Set it in {where}.",
  },
  QUERN_ENGINE_MISSING: {
    sentence: 'a database on {engine} needs the package "{package}", which is not installed.',
    fix: "Run: npm install {package}",
  },
  QUERN_TX_NOT_JOINABLE: {
    sentence: "a task on {engine} can't join your transaction.",
    fix: "Keep the queue in the database that tx belongs to, or enqueue after commit. {hint}.",
  },
  QUERN_TX_CONFLICT: {
    sentence: "your transaction on {engine} can't go on: another one changed the same rows ({reason}).",
    fix: "Roll it back and run it again from its beginning. Under READ COMMITTED it would have waited instead.",
  },
  QUERN_NO_CONFIG: {
    sentence: "expected {expected} in {folder}, found none.",
    fix: "Export your Quern from quern.config.ts as default, or point to it with --config.",
  },
  QUERN_BAD_CONFIG: {
    sentence: "{path} is no usable project module: {reason}.",
    fix: "{hint}.",
  },
  QUERN_NO_PROJECT: {
    sentence: "quern.start() found no project module that its workers could load.",
    fix: "Pass start({ project: import.meta.url }) in the module that exports it, or use workers: 0.",
  },
  QUERN_MEMORY_NEEDS_ONE_PROCESS: {
    sentence: "{database} lives in one process, so workers in other processes can't see it.",
    fix: 'Set workers: 0, or use a file such as "sqlite:quern.db".',
  },
  QUERN_START_IN_WORKER: {
    sentence: "quern.start() was called inside a worker.",
    fix: "Start the cluster from your application; a project module only exports its Quern.",
  },
  QUERN_RESULT_IN_WORKER: {
    sentence: "result() was called inside a task, which would hold a slot while it waits for another.",
    fix: "Let it end, and go on in a hook: a task function that is queued when the other one has ended.",
  },
  QUERN_WORKERS_NOT_READY: {
    sentence: "the workers did not get ready: {reason}.",
    fix: "{hint}.",
  },
  QUERN_LEASE_LOST: {
    sentence: "attempt {attempt} of task {id} lost its lease.",
    fix: "Another cluster may be running it; what this attempt still reports changes nothing.",
  },
  QUERN_ALREADY_COMPLETED: {
    sentence: "attempt {attempt} of task {id} has ended already.",
    fix: "Call context.completeIn() once, as the last thing in the transaction that holds the task's effects.",
  },
  QUERN_TASK_FAILED: {
    sentence: "{name} ({func}) ended as {outcome}: {message}",
    fix: "The error it threw is this one's cause. The task and its attempts are at id {id}.",
  },
  QUERN_RESULT_TIMEOUT: {
    sentence: "{name} had not ended after {waited}.",
    fix: "It goes on; ask again with the same handle. Does a cluster run on {location} that serves its queue?",
  },
  QUERN_RESULT_NOT_STORED: {
    sentence: "{name} succeeded, but its result is not there: {reason}.",
    fix: "The function is not run again for it.",
  },
  QUERN_NOT_RESUBMITTABLE: {
    sentence: "task {id} can't be resubmitted: {reason}.",
    fix: "Its bytes are kept; look at them in the admin, or enqueue the call anew.",
  },
  QUERN_ENQUEUE_UNCERTAIN: {
    sentence: "the database did not answer, so it is unknown whether task {id} was queued.",
    fix: "Enqueue again with { id }: that never makes a second task.",
  },
  QUERN_SCHEMA_TOO_NEW: {
    sentence: "the tables are at version {found}, this Quern knows them up to {known}.",
    fix: "Upgrade Quern here; an older one does not write into newer tables.",
  },
  QUERN_SCHEMA_TOO_OLD: {
    sentence: "the tables in {location} are at version {found}, this Quern needs {known}.",
    fix: "Run: npx quern migrate. Or let it happen at start, with migrate: true.",
  },
  QUERN_DATABASE_UNUSABLE: {
    sentence: "the database {path} can't be used: {reason}.",
    fix: "{hint}.",
  },
  QUERN_DATABASE_AWAY: {
    sentence: "the database {path} is away: {reason}.",
    fix: "Look whether its server runs, takes writes, has room on its disk, and can be reached from here. A cluster goes on by itself when it is back; any call may be repeated.",
  },
  QUERN_COPY_REFUSED: {
    sentence: "expected {expected}, but {found}.",
    fix: "{hint}.",
  },
  QUERN_DATABASE_BUSY: {
    sentence: "the database {path} stayed locked for {waited}.",
    fix: "Look for a process that holds a transaction open; the call may be repeated.",
  },
  QUERN_BAD_SCHEDULE: {
    sentence: "expected {field} of a schedule to be {expected}, got {given}.",
    fix: 'Did you mean "{meant}"?',
  },
  QUERN_BAD_CRON: {
    sentence: "expected {field} of cron {cron} to be {expected}, got {given}.",
    fix: 'A line is like "0 7 * * 1-5": minute, hour, day, month, weekday; seconds, if any, come first.',
  },
  QUERN_BAD_CURSOR: {
    sentence: "expected a cursor of a list in the order of {order}, got another text.",
    fix: "Begin at the first page.",
  },
  QUERN_TOO_MANY_TO_SORT: {
    sentence: "no index carries the order of {order}, and more than {most} rows would have to be sorted.",
    fix: "Narrow the list by a filter, or order it by another column.",
  },
  QUERN_UNKNOWN_SCHEDULE: {
    sentence: 'no schedule has the id or name "{schedule}".',
    fix: 'Did you mean "{meant}"? A once schedule with negative repeats deletes itself when it has run.',
  },
  QUERN_SCHEDULE_NAME_TAKEN: {
    sentence: 'another schedule is called "{name}".',
    fix: "Choose another name, or update that one.",
  },
  QUERN_DUPLICATE_SCHEDULE: {
    sentence: 'expected schedules with different names, got two called "{name}".',
    fix: "Rename one of them in its schedule().",
  },
  QUERN_STALE_SCHEDULE: {
    sentence: 'schedule "{schedule}" was saved by somebody else meanwhile: it is at version {current}.',
    fix: "You gave version {version}. Read it again, and change what it is now.",
  },
  QUERN_UNREADABLE_SCHEDULE: {
    sentence: 'the definition of schedule "{schedule}" can\'t be read: {reason}.',
    fix: "It is kept as it is and not fired. If a newer Quern wrote it, upgrade this one; else delete it and make it anew.",
  },
  QUERN_CLOSED: {
    sentence: "this Quern is closed.",
    fix: "Close it later, when all that was asked of it has been awaited, or make a new one.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

const errorBrand: symbol = Symbol.for("quern.error");
const nonRetryableBrand: symbol = Symbol.for("quern.nonRetryable");

/** The one class of what Quern throws. Ask for it with `isQuernError`, never with `instanceof`. */
export class QuernError extends Error {
  readonly code: ErrorCode;
  /** What the sentence was made from, for programs. */
  readonly details: Record<string, unknown>;

  constructor(code: ErrorCode, details: Record<string, unknown> = {}, options?: { cause?: unknown }) {
    super(sentenceOf(code, details), options);
    this.code = code;
    this.details = details;
  }
}

/** Thrown by a task function that knows another attempt is no use: the task ends as failed at once. */
export class NonRetryable extends Error {}

// Brands, not instanceof: a project module loaded in another way may hold a second copy of this package.
brandClass(QuernError, "QuernError", errorBrand);
brandClass(NonRetryable, "NonRetryable", nonRetryableBrand);

/** Whether Quern threw this, and with this code when one is given. */
export function isQuernError(value: unknown, code?: ErrorCode): value is QuernError {
  return carries(value, errorBrand) && (code === undefined || (value as QuernError).code === code);
}

export function isNonRetryable(value: unknown): value is NonRetryable {
  return carries(value, nonRetryableBrand);
}

function sentenceOf(code: ErrorCode, details: Record<string, unknown>): string {
  const { sentence, fix } = errorTable[code];
  const fixes = fix
    .split(/(?<=[.?!]) /)
    .filter((text) => blanksOf(text).every((name) => details[name] != null));
  const first = fill(sentence, details).replace(/[^.?!:]$/, "$&."); // It may end with somebody else's words.
  return [`${code}: ${first}`, ...fixes.map((text) => fill(text, details))].join(" ");
}

function blanksOf(text: string): string[] {
  return Array.from(text.matchAll(/\{(\w+)\}/g), ([, name]) => name as string);
}

function fill(text: string, details: Record<string, unknown>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? "(unknown)"));
}

function brandClass(made: typeof QuernError | typeof NonRetryable, name: string, brand: symbol): void {
  Object.defineProperty(made.prototype, "name", { value: name, configurable: true, writable: true });
  Object.defineProperty(made.prototype, brand, { value: true });
}

// What was thrown may be anything, a proxy that throws too.
/** Whether it bears the mark. Never throws: what is thrown need not be an error, and may be a trap. */
export function carries(value: unknown, brand: symbol): boolean {
  try {
    return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[brand] === true;
  } catch {
    return false;
  }
}
