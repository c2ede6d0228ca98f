// The filters in a list's address, as conditions.
import type { Condition } from "../../store/browse.ts";
import { Refusal } from "../respond.ts";
import type { AdminContext } from "./admin-context.ts";
import type { AnyModel, Filter } from "./model-admin.ts";
import { momentPresets, parseSpan, presetSpan } from "./moments.ts";

const mostValues = 50;

export function filterConditions(
  admin: AnyModel,
  parameters: URLSearchParams,
  ctx: AdminContext,
): Condition[] {
  return admin.filters.flatMap((filter) => {
    const values = parameters.getAll(filter.field).filter((value) => value !== "");
    if (values.length === 0) return [];
    if (values.length > mostValues || values.some((value) => value.length > 255 || unsearchable.test(value)))
      throw bad(filter);
    const conditions =
      filter.as === "suggest"
        ? [isOneOf(filter.field, values)]
        : values.map((value) => conditionOf(filter, value, ctx));
    const [first] = conditions;
    return conditions.length === 1 && first !== undefined ? [first] : [{ is: "any", conditions }];
  });
}

const unsearchable = /[\u0000-\u001f\u007f\ud800-\udfff]/u;

function conditionOf(filter: Filter, value: string, ctx: AdminContext): Condition {
  switch (filter.as) {
    case "suggest":
      return isOneOf(filter.field, [value]);
    case "choices": {
      if (!filter.options.some((option) => option.value === value)) throw bad(filter);
      return isOneOf(filter.field, [value]);
    }
    case "custom": {
      const known = filter.options.some((option) => option.value === value);
      const condition = known ? filter.where(value, ctx) : undefined;
      if (condition === undefined) throw bad(filter);
      return condition;
    }
    case "moment": {
      const { field } = filter;
      const presets = filter.presets ?? momentPresets;
      const preset = presets.some((option) => option.value === value);
      const span = preset
        ? presetSpan(value, ctx.now, ctx.timeZone)
        : parseSpan(value, ctx.now, ctx.timeZone);
      if (span === undefined) throw bad(filter);
      return span === null ? { field, is: "null" } : { field, is: "between", ...span };
    }
  }
}

function isOneOf(field: string, values: readonly string[]): Condition {
  return { field, is: "in", values };
}

function bad({ field }: Filter): Refusal {
  return new Refusal(400, "bad-filter", `The filter "${field}" has no such value.`);
}
