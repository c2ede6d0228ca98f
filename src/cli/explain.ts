// An error as a command shows it: the sentence; with the place in the user's own code where that is at fault; with the stack only of our bugs.
import { inspect } from "node:util";
import { isQuernError } from "../core/errors.ts";
import { Refusal } from "./refusal.ts";
import { plainLines } from "./text.ts";

export function explain(error: unknown): string {
  if (error instanceof Refusal) return plainLines(error.message);
  if (!isQuernError(error)) return plainLines(`unexpected, please report it: ${inspect(error)}`);
  const { cause, details } = error;
  if (error.code !== "QUERN_BAD_CONFIG" || cause === undefined) return plainLines(error.message);
  const place = placeOf(cause);
  // Where a syntax error is, Node only says when it ends of it.
  const toSee = cause instanceof SyntaxError ? `\n  to see where: node ${String(details["path"])}` : "";
  const where = place === undefined ? toSee : `\n  at ${place}`;
  // Our own sentence about what the module did says it better than one about a module that threw.
  if (isQuernError(cause)) return plainLines(`${cause.message}\n  in ${String(details["path"])}${where}`);
  return plainLines(error.message + where);
}

const ours = new URL("..", import.meta.url).pathname;

/** The first place in the stack that is neither Node's nor a package's: the user's. */
function placeOf(error: unknown): string | undefined {
  const { stack } = (typeof error === "object" ? (error ?? {}) : {}) as { stack?: unknown };
  if (typeof stack !== "string") return undefined;
  // A syntax error has its place in the first line, by itself.
  const lines = stack
    .split("\n")
    .map((line) => /(?:^|^\s+at (?:.*\()?)(?:file:\/\/)?(\/[^()]+:\d+(?::\d+)?)\)?$/.exec(line)?.[1]);
  return lines.find(
    (place) => place !== undefined && !place.includes("/node_modules/") && !place.startsWith(ours),
  );
}
