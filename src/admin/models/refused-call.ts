// What refuses a call that a form makes, said at the field of the form that it speaks of.
import { isQuernError } from "../../core/errors.ts";
import type { InputIssue } from "../../core/schema.ts";
import type { Saved } from "../engine/model-admin.ts";

export type Refused = Extract<Saved, { fields: object }>;

/** What an error calls a field, where the form calls it otherwise. */
const fieldOf: Readonly<Record<string, string>> = {
  firstRun: "nextRun",
  runAt: "due",
  "the name of a schedule": "name",
  "the input": "input",
  "the intended date key": "intendedDateKey",
};

/** Throws what is no refusal of something typed. */
export function refusedCall(error: unknown): Refused {
  if (!isQuernError(error)) throw error;
  const { code, details, message } = error;
  const sentence = message.replace(/^\w+: /, "");
  switch (code) {
    case "QUERN_UNKNOWN_TASK":
      return { fields: { func: sentence } };
    case "QUERN_BAD_CRON":
      return { fields: { cron: sentence } };
    case "QUERN_SCHEDULE_NAME_TAKEN":
      return { fields: { name: sentence } };
    case "QUERN_BAD_OPTION":
    case "QUERN_UNKNOWN_OPTION":
    case "QUERN_BAD_SCHEDULE": {
      const field = String(details["field"] ?? "type");
      return { fields: { [fieldOf[field] ?? field.split(".")[0] ?? "type"]: sentence } };
    }
    case "QUERN_BAD_INPUT":
    case "QUERN_UNDECODABLE":
    case "QUERN_UNENCODABLE":
    case "QUERN_TOO_LARGE":
    case "QUERN_TOO_DEEP":
      return { fields: { input: sentence }, ...issuesIn(details["list"]) };
    default:
      throw error;
  }
}

/** Each thing that the schema of an input found. */
function issuesIn(list: unknown): Pick<Refused, "issues"> {
  if (!Array.isArray(list) || list.length === 0) return {};
  const issues = (list as InputIssue[]).map(({ keys, message }) => ({ path: [...keys], message }));
  return { issues: { input: issues } };
}
