// Writes docs/options.md, errors.md and events.md from the sources and their tables. --check writes nothing and fails when a page is stale.
import { readFileSync, writeFileSync } from "node:fs";
import { errorTable } from "../dist/core/errors.js";
import { eventTable } from "../dist/core/events.js";

const root = new URL("..", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");
const made = (what) => `<!-- Made by \`npm run docs\` from ${what}. Change it there. -->\n`;

const optionTables = [
  ["new Quern({ … })", "src/core/quern-options.ts", "QuernOptions"],
  ["task(name, { … }, function)", "src/core/task-options.ts", "TaskOptions"],
  ["retry: { … }", "src/core/task-options.ts", "RetryOptions"],
  ["enqueue(task, input, { … })", "src/core/task-options.ts", "CallOptions"],
  ["queues: { name: { … } }", "src/core/task-options.ts", "QueueOptions"],
  ["schedule(name, task, input, { … })", "src/core/schedule/schedule-options.ts", "AnyScheduleOptions"],
];

// What an interface takes over, where its name is not what readers know.
const takenOver = {
  ScheduledCallOptions:
    "All of `CallOptions` above but `id`, `name`, `delay`, `runAt` and `tx`, for its tasks, and:",
};

const pages = { "docs/options.md": options(), "docs/errors.md": errors(), "docs/events.md": events() };

const stale = Object.keys(pages).filter((path) => pages[path] !== current(path));
if (process.argv.includes("--check")) {
  for (const path of stale) console.error(`${path} is stale: npm run docs`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const path of stale) writeFileSync(new URL(path, root), pages[path]);
  console.log(stale.length === 0 ? "docs: nothing to write" : `docs: wrote ${stale.join(", ")}`);
}

function current(path) {
  try {
    return read(path);
  } catch (error) {
    if (error.code === "ENOENT") return "";
    throw error;
  }
}

function options() {
  // What resolveQuernOptions picks may come from the environment too.
  const fromEnvironment = new Set(
    Array.from(read("src/core/options.ts").matchAll(/\bpick\(\s*"(\w+)"/g), ([, name]) => name),
  );
  const variable = (name) => `QUERN_${name.replace(/[A-Z]/g, "_$&").toUpperCase()}`;
  const sections = optionTables.map(([title, path, name]) => {
    const { extended, members } = interfaceOf(read(path), name);
    const words = takenOver[extended[0]] ?? `All of \`${extended.join("`, `")}\` above, and:`;
    const also = extended.length === 0 ? "" : `\n${words}\n`;
    const parts = members.map((option) => {
      const facts = [code(option.type)];
      if (option.fallback) facts.push(`default ${valueOrWords(option.fallback)}`);
      if (!option.optional) facts.push("required");
      if (name === "QuernOptions" && fromEnvironment.has(option.name))
        facts.push(`\`${variable(option.name)}\``);
      return `### ${option.name}\n\n${facts.join(" · ")}\n\n${option.text}\n`;
    });
    return `## ${title}\n${also}\n${parts.join("\n")}`;
  });
  return `# Options

${made("the comments in src/core: quern-options.ts, task-options.ts and schedule/schedule-options.ts")}
What is said for one call goes over what its task function says, then its queue, then \`new Quern\`, then the environment,
then the default. Durations are text such as \`"30s"\`, \`"5m"\`, \`"1h"\`, or milliseconds. An option that does not exist or
does not fit fails at once, where it was given.

${sections.join("\n")}`;
}

function errors() {
  const parts = Object.entries(errorTable).map(
    ([code, { sentence, fix }]) => `## ${code}\n\n${blanks(sentence)}\n\n${blanks(fix)}\n`,
  );
  return `# Errors

${made("the table in src/core/errors.ts")}
What Quern throws has a \`code\`, and a message that begins with it: what was expected and what came, then what to do.
Ask for one with \`isQuernError(error, "QUERN_BAD_INPUT")\`. A code that was retired is never used again.

${parts.join("\n")}`;
}

function events() {
  const source = read("src/core/events.ts");
  const payloads = interfaceOf(source, "EventPayloads").members;
  const parts = Object.entries(eventTable).map(([name, { when, where }]) => {
    const payload = payloads.find((it) => it.name === name);
    return `## ${name}\n\n${when} Listeners run in ${where}.\n\n${fieldsOf(source, payload.type).map(code).join(", ")}\n`;
  });
  return `# Events

${made("the table in src/core/events.ts")}
\`quern.on("task:succeeded", (event) => …)\`. All are best effort: sent after the commit, at most 2 s each, and an error in a
listener is logged and touches no task. What must not be missed is a hook.

${parts.join("\n")}`;
}

// The fields of `A & { readonly b: string }`, those of A's parents first.
function fieldsOf(source, type) {
  return type.split(" & ").flatMap((part) => {
    if (part.startsWith("{"))
      return Array.from(part.matchAll(/readonly (\w+\??): ([^;}]+)/g), ([, name]) => name);
    const { extended, members } = interfaceOf(source, part);
    return [
      ...extended.flatMap((parent) => fieldsOf(source, parent)),
      ...members.map((it) => it.name + (it.optional ? "?" : "")),
    ];
  });
}

// An interface as the formatter writes it: members are indented by two, deeper lines belong to the member above.
function interfaceOf(source, name) {
  const found = new RegExp(
    `^export interface ${name}(?:<[^>]+>)?(?: extends ([^{]+?))? \\{\\n(.*?)^\\}`,
    "ms",
  ).exec(source);
  if (found === null) throw new Error(`expected an interface ${name}, found none`);
  const member =
    /^ {2}(?:\/\*\*(.*?)\*\/\n {2})?(?:readonly )?("?)([\w:-]+)\2(\??): (.*?);$(?=\n {2}\S|\n*$(?![^]))/gms;
  const members = Array.from(found[2].matchAll(member), ([, comment = "", , key, mark, type]) => {
    const text = comment.replace(/^\s*\* ?/gm, "").trim();
    const [description, fallback] = text.split(/(?:^|\s)@default /).map((it) => it.trim());
    if (description === "" && name.endsWith("Options")) throw new Error(`${name}.${key} has no comment`);
    return {
      name: key,
      optional: mark === "?",
      type: type.replace(/\s+/g, " "),
      text: description,
      fallback,
    };
  });
  return { extended: found[1]?.split(/,\s*/) ?? [], members };
}

// A default may be a sentence such as "the number of available cores".
function valueOrWords(text) {
  return /^[^{"`]+ [^{"`]+$/.test(text) ? text : code(text);
}

function code(text) {
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}

function blanks(text) {
  return text.replace(/\{(\w+)\}/g, "*$1*");
}
