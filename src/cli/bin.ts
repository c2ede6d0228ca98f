#!/usr/bin/env node
// The executable: runs the command, says in a sentence what went wrong, and ends the process with its exit code.
import { explain } from "./explain.ts";
import { main } from "./main.ts";
import { Refusal } from "./refusal.ts";
import { Terminal } from "./terminal.ts";

// Node calls its SQLite and its TypeScript experimental in every run of every command. Other warnings are shown.
const warn = process.emitWarning.bind(process) as (...words: unknown[]) => void;
process.emitWarning = ((...words: unknown[]) => {
  if (!/^(SQLite|Type Stripping) is an experimental/.test(String(words[0]))) warn(...words);
}) as typeof process.emitWarning;

const terminal = new Terminal(process.stdout, process.stderr, process.env);
let code: number;
try {
  code = await main(process.argv.slice(2), terminal);
} catch (error) {
  terminal.status("");
  terminal.problem(`${terminal.paint("quern:", "red")} ${explain(error)}`);
  code = error instanceof Refusal ? error.exitCode : 1;
}
await terminal.flush();
process.exit(code);
