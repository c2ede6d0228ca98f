// What a field's schema says of it, in words: its description, then the limits of its values.
import type { Shape, ShapeField } from "../../../../src/admin/contract.ts";
import { text } from "../../messages.ts";

export function hintOf({ help, shape }: ShapeField): string | undefined {
  const limits = limitsOf(shape);
  const parts = [help, limits].filter((part) => part !== null);
  return parts.length === 0 ? undefined : parts.join(" · ");
}

function limitsOf(shape: Shape): string | null {
  switch (shape.as) {
    case "text":
      return text.input.formats[shape.format ?? ""] ?? between(shape, text.input.characters);
    case "number":
      return between(shape, text.input.numbers);
    case "list":
      return between(shape, text.input.entries);
    default:
      return null;
  }
}

interface Words {
  both: (least: number, most: number) => string;
  least: (least: number) => string;
  most: (most: number) => string;
}

function between({ least, most }: { least?: number; most?: number }, words: Words): string | null {
  if (least !== undefined && most !== undefined) return words.both(least, most);
  if (least !== undefined) return words.least(least);
  return most === undefined ? null : words.most(most);
}
