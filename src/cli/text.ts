// Text for a terminal: without anything that could steer it, measured and cut by the columns it takes.

const steering = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]+/g;
const steeringButLines = /(?!\n)[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]+/g;
const twoColumns =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const noColumn = /\p{Mn}|\p{Me}|[\u200b-\u200d]|[\ufe0e\ufe0f]/u;

/** One line: whatever came from a row shows as what it is and moves no cursor. */
export function plain(text: string): string {
  return text.replace(steering, " ");
}

/** The same for text of several lines, such as a stack. */
export function plainLines(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll("\t", "  ").replace(steeringButLines, " ");
}

export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += noColumn.test(character) ? 0 : twoColumns.test(character) ? 2 : 1;
  return width;
}

/** At most `width` columns, with an ellipsis where something is missing. */
export function cut(text: string, width: number): string {
  if (text.length * 2 <= width || widthOf(text) <= width) return text;
  let kept = "";
  let left = Math.max(0, width - 1);
  for (const character of text) {
    left -= widthOf(character);
    if (left < 0) break;
    kept += character;
  }
  return `${kept}…`;
}

export function pad(text: string, width: number, right = false): string {
  const space = " ".repeat(Math.max(0, width - widthOf(text)));
  return right ? space + text : text + space;
}

/** 12345 as people read it. */
export function count(number: number): string {
  return number.toLocaleString("en-US");
}

export function megabytes(bytes: number): string {
  return `${count(Math.round(bytes / 2 ** 20))} MB`;
}

/** `1 task`, `2 tasks`. */
export function several(number: number, one: string, many: string = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}
