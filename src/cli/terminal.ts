// Where a command writes: lines, tables and one line that is redrawn. Colours only where somebody looks at them.
import { cut, pad, plain, widthOf } from "./text.ts";

export type Colour = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

const codes: Record<Colour, [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

export interface Column {
  title: string;
  /** Aligned to the right, as numbers are. */
  right?: boolean;
  /** Left out when the terminal is too narrow, the highest first. */
  spare?: number;
  /** Cut when the terminal is too narrow. */
  cut?: boolean;
}

export type Cell = string | { text: string; colour: Colour };

/** The part of a stream that is needed. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string, done?: () => void): unknown;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

const gap = 2;
const narrowest = 40;

export class Terminal {
  /** Whether a line can be drawn again in place. */
  readonly redraws: boolean;
  readonly #out: Output;
  readonly #problems: Output;
  readonly #coloured: boolean;
  readonly #blocks: boolean;
  #shown = "";
  #gone = false;

  constructor(out: Output, problems: Output, env: Readonly<Record<string, string | undefined>>) {
    const smart = out.isTTY === true && env["TERM"] !== "dumb";
    this.#out = out;
    this.#problems = problems;
    this.redraws = smart;
    this.#coloured = smart && !env["NO_COLOR"];
    this.#blocks = /utf-?8/i.test(env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "utf-8");
    // Whoever read this has gone: `| head` has had enough, or the terminal was closed. There is nobody to tell.
    for (const stream of [out, problems]) {
      stream.on("error", () => {
        this.#gone = true;
      });
    }
  }

  /** How many columns a line may take; what is piped may be as long as it is. */
  get width(): number {
    return this.redraws ? Math.max(narrowest, this.#out.columns ?? 80) : Number.POSITIVE_INFINITY;
  }

  /** True when nobody reads what is written any more. */
  get gone(): boolean {
    return this.#gone;
  }

  paint(text: string, colour: Colour): string {
    const [on, off] = codes[colour];
    return this.#coloured && text !== "" ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  }

  /** One line, above the one that is redrawn. */
  line(text = ""): void {
    this.#write(`${this.redraws && this.#shown !== "" ? "\r\u001b[2K" : ""}${text}\n${this.#shown}`);
  }

  heading(text: string): void {
    this.line(this.paint(text, "bold"));
  }

  problem(text: string): void {
    if (!this.#gone) this.#problems.write(`${text}\n`);
  }

  json(value: unknown): void {
    this.line(JSON.stringify(value, forJson, 2));
  }

  /** Draws the last line again; an empty text takes it away. Only where `redraws` is true. */
  status(text: string): void {
    if (!this.redraws || text === this.#shown) return;
    this.#shown = text;
    this.#write(`\r\u001b[2K${text}`);
  }

  bar(part: number, width: number): string {
    const full = Math.round(Math.min(1, Math.max(0, part)) * width);
    const [done, open] = this.#blocks ? ["━", "─"] : ["#", "-"];
    return this.paint(done.repeat(full), "green") + this.paint(open.repeat(width - full), "dim");
  }

  table(columns: readonly Column[], rows: readonly (readonly Cell[])[], indent = 0): void {
    const kept = this.#fitting(columns, rows, indent);
    const draw = (cells: readonly Cell[], titles: boolean): void => {
      const parts = kept.map(({ index, width, last }) => {
        const cell = cells[index] ?? "";
        const text = cut(plain(typeof cell === "string" ? cell : cell.text), width);
        const padded =
          last && columns[index]?.right !== true ? text : pad(text, width, columns[index]?.right);
        return titles
          ? this.paint(padded, "dim")
          : typeof cell === "string"
            ? padded
            : this.paint(padded, cell.colour);
      });
      this.line(`${" ".repeat(indent)}${parts.join(" ".repeat(gap))}`.trimEnd());
    };
    draw(
      columns.map((column) => column.title),
      true,
    );
    for (const row of rows) draw(row, false);
  }

  /** Resolves when everything written has been handed on. */
  async flush(): Promise<void> {
    this.status("");
    if (this.#gone) return;
    await new Promise<void>((resolve) => this.#out.write("", resolve));
  }

  #write(text: string): void {
    if (!this.#gone) this.#out.write(text);
  }

  #fitting(
    columns: readonly Column[],
    rows: readonly (readonly Cell[])[],
    indent: number,
  ): { index: number; width: number; last: boolean }[] {
    const textOf = (cell: Cell | undefined): string =>
      plain(typeof cell === "object" ? cell.text : (cell ?? ""));
    const all = columns.map((column, index) => ({
      index,
      column,
      width: Math.max(widthOf(column.title), ...rows.map((row) => widthOf(textOf(row[index])))),
    }));
    const room = this.width - indent;
    const taken = (): number => kept.reduce((sum, { width }) => sum + width + gap, -gap);
    let kept = all;
    for (const { column: spare } of all.filter(({ column }) => column.spare !== undefined).sort(bySpare)) {
      if (taken() <= room) break;
      // Something to cut gives way first, down to what still says something.
      if (
        taken() - room <=
        sum(kept.filter(({ column }) => column.cut).map(({ width }) => Math.max(0, width - 16)))
      )
        break;
      kept = kept.filter(({ column }) => column !== spare);
    }
    for (const entry of kept.filter(({ column }) => column.cut).sort((a, b) => b.width - a.width)) {
      const over = taken() - room;
      if (over > 0) entry.width = Math.max(8, entry.width - over);
    }
    return kept.map(({ index, width }, at) => ({ index, width, last: at === kept.length - 1 }));
  }
}

function bySpare(a: { column: Column }, b: { column: Column }): number {
  return (b.column.spare ?? 0) - (a.column.spare ?? 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** JSON has fewer kinds of values than a result: what it lacks becomes the nearest thing it has. */
function forJson(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Map) return [...value];
  if (value instanceof Set) return [...value];
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof Error) return { name: value.name, message: value.message };
  return value;
}
