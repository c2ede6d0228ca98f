// What a failure is found by: the class of its error and, with secrets left out, what it said. Written beside it when it ends.
import { errorSummary, reviveError } from "./error-record.ts";
import { redactText } from "../redact.ts";

export interface ErrorText {
  errorClass: string | null;
  errorText: string | null;
}

const longestClass = 255;
const longestText = 1_000;

/** Of an encoded error: the redacted text is all that may be searched, so that no search tells what is not shown. */
export function errorTextOf(encoded: string | null): ErrorText {
  if (encoded === null) return { errorClass: null, errorText: null };
  const said: string[] = [];
  for (let error = revived(encoded); error !== undefined; error = error.cause as Error | undefined)
    said.push(line(error));
  const { name, message } = errorSummary(encoded);
  if (said.length === 0) said.push(line({ name, message }));
  return { errorClass: clean(name, longestClass), errorText: clean(said.join(" "), longestText) };
}

const line = ({ name, message }: Pick<Error, "name" | "message">): string =>
  message === "" ? name : `${name}: ${message}`;

function revived(encoded: string): Error | undefined {
  try {
    return reviveError((JSON.parse(encoded) as { $error?: unknown }).$error);
  } catch {
    return undefined;
  }
}

/** On one line, without what engines refuse in a text: half a surrogate pair, and the character with the code 0. */
function clean(text: string, most: number): string {
  return redactText(text)
    .replace(/[\p{Cc}\p{Cs}\s]+/gu, " ")
    .slice(0, most)
    .replace(/[\ud800-\udbff]$/, "");
}
