// The terminal: colours and redrawing only where somebody looks, tables that fit, text that steers nothing.
import { describe, expect, it } from "vitest";
import { type Output, Terminal } from "../../src/cli/terminal.ts";
import { cut, plain, widthOf } from "../../src/cli/text.ts";

class Screen implements Output {
  written = "";
  readonly isTTY: boolean;
  readonly columns: number | undefined;
  fail: (error: NodeJS.ErrnoException) => void = () => {};

  constructor(columns?: number) {
    this.isTTY = columns !== undefined;
    this.columns = columns;
  }

  write(text: string): void {
    this.written += text;
  }

  on(_event: "error", listener: (error: NodeJS.ErrnoException) => void): void {
    this.fail = listener;
  }
}

function on(screen: Screen, env: Record<string, string> = {}): Terminal {
  return new Terminal(screen, new Screen(), env);
}

describe("colours", () => {
  it.each<[string, Screen, Record<string, string>, boolean]>([
    ["a terminal", new Screen(80), {}, true],
    ["a pipe", new Screen(), {}, false],
    ["a terminal with NO_COLOR", new Screen(80), { NO_COLOR: "1" }, false],
    ["a dumb terminal", new Screen(80), { TERM: "dumb" }, false],
  ])("on %s", (_, screen, env, coloured) => {
    on(screen, env).heading("Queues");
    expect(screen.written.includes("\u001b")).toBe(coloured);
  });
});

describe("the line that is redrawn", () => {
  it("stays below the lines that are written meanwhile, and goes at the end", async () => {
    const screen = new Screen(80);
    const terminal = on(screen);
    terminal.status("1 of 2");
    terminal.line("hello");
    terminal.status("2 of 2");
    terminal.status("");
    expect(screen.written).toBe("\r\u001b[2K1 of 2\r\u001b[2Khello\n1 of 2\r\u001b[2K2 of 2\r\u001b[2K");
  });

  it("is not drawn into a pipe", () => {
    const screen = new Screen();
    on(screen).status("1 of 2");
    expect(screen.written).toBe("");
  });
});

describe("a table", () => {
  const columns = [
    { title: "ID", spare: 1 },
    { title: "NAME", cut: true },
    { title: "N", right: true },
  ];
  const rows = [["0123456789abcdef0123456789", "a name that is rather long, longer than most", "7"]];

  it("is as wide as it is in a pipe", () => {
    const screen = new Screen();
    on(screen).table(columns, rows);
    expect(screen.written).toBe(
      "ID                          NAME                                          N\n0123456789abcdef0123456789  a name that is rather long, longer than most  7\n",
    );
  });

  it("cuts first, then leaves columns out, until it fits", () => {
    for (const width of [76, 70, 60, 50, 40]) {
      const screen = new Screen(width);
      on(screen, { NO_COLOR: "1" }).table(columns, rows);
      for (const line of screen.written.trimEnd().split("\n"))
        expect(widthOf(line)).toBeLessThanOrEqual(width);
      expect(screen.written.includes("0123456789abcdef0123456789")).toBe(width >= 50);
    }
  });
});

describe("text", () => {
  it("that would steer the terminal becomes spaces", () => {
    expect(plain("a\u001b[2Jb\nc\u202ed")).toBe("a [2Jb c d");
  });

  it("is measured in columns", () => {
    expect([widthOf("abc"), widthOf("日本"), widthOf("e\u0301"), widthOf("🎉")]).toEqual([3, 4, 1, 2]);
    expect([cut("日本語", 5), cut("abcdef", 4), cut("abc", 3)]).toEqual(["日本…", "abc…", "abc"]);
  });
});

it("writes no more once nobody reads it", async () => {
  const screen = new Screen();
  const terminal = on(screen);
  screen.fail(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  terminal.line("hello");
  await terminal.flush();
  expect([terminal.gone, screen.written]).toEqual([true, ""]);
});
