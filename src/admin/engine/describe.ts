// A registration as JSON: what the web app draws lists, forms and menus from, without what this user may not do.
import type {
  ActionDescription,
  FieldDescription,
  FilterDescription,
  FormFieldDescription,
  ModelDescription,
} from "../contract.ts";
import { permissionOf } from "./actions.ts";
import { sortOf } from "./list.ts";
import type { AdminContext } from "./admin-context.ts";
import type { Action, AnyModel, Filter, FormField } from "./model-admin.ts";
import { momentPresets } from "./moments.ts";
import { sortable } from "./source.ts";

export async function describeModel(
  name: string,
  admin: AnyModel,
  ctx: AdminContext,
): Promise<ModelDescription> {
  const may = {
    add: admin.form?.add === true && (await ctx.can(`${name}.add`)),
    change: admin.form !== undefined && (await ctx.can(`${name}.change`)),
    history: await ctx.can("audit.view"),
  };
  const actions: ActionDescription[] = [];
  for (const action of admin.actions)
    if (await ctx.can(permissionOf(name, action))) actions.push(describeAction(action));
  return {
    name,
    path: admin.path,
    label: admin.label,
    fields: Object.fromEntries(
      Object.keys(admin.fields).map((field) => [field, describeField(admin, field)]),
    ),
    columns: admin.columns,
    links: admin.links,
    search: admin.search,
    sort: admin.sort,
    ...(admin.opens === undefined ? {} : { opens: admin.opens }),
    filters: admin.filters.map((filter) => describeFilter(admin, filter)),
    actions,
    detail: admin.detail
      .filter(({ as }) => (as === "form" ? may.change : as === "history" ? may.history : true))
      .map(({ name, label, fields, as, table }) => ({
        name,
        label,
        fields,
        ...(as === undefined ? {} : { as }),
        ...(table === undefined ? {} : { table: { columns: table.columns, empty: table.empty } }),
      })),
    head: admin.head ?? [],
    form:
      admin.form !== undefined && (may.add || may.change)
        ? {
            sections: admin.form.sections.map(({ label, fields }) => ({
              label,
              fields: fields.map(describeFormField),
            })),
            preview: admin.form.preview ?? false,
          }
        : null,
    may,
    empty: await admin.empty(ctx),
    unavailable: admin.unavailable?.(ctx) ?? null,
    live: admin.live,
    navigation: admin.unavailable?.(ctx) === undefined ? admin.navigation : null,
  };
}

function describeField(admin: AnyModel, name: string): FieldDescription {
  const field = admin.fields[name]!;
  const by = sortOf(admin, name);
  return {
    label: field.label,
    help: field.help ?? null,
    kind: field.kind,
    sortable: by === undefined ? "no" : sortable(admin.source, by),
  };
}

function describeFilter(admin: AnyModel, filter: Filter): FilterDescription {
  const { field } = filter;
  const label = filter.label ?? admin.fields[field]?.label ?? field;
  switch (filter.as) {
    case "suggest":
      return { field, as: "suggest", label };
    case "moment":
      return { field, as: "moment", label, presets: filter.presets ?? momentPresets };
    case "choices":
      return { field, as: "choices", label, options: filter.options };
    case "custom":
      return { field, as: "custom", label, options: filter.options };
  }
}

function describeAction(action: Action<unknown>): ActionDescription {
  return {
    name: action.name,
    label: action.label,
    danger: action.danger ?? false,
    on: action.on,
    ask: (action.ask ?? []).map(describeFormField),
    confirm: action.confirm,
    key: action.key ?? null,
    primary: action.primary ?? false,
  };
}

function describeFormField(field: FormField): FormFieldDescription {
  const {
    name,
    label,
    help,
    as,
    required = false,
    readOnly = false,
    fixed,
    inputOf,
    options,
    shownIf,
    initial,
  } = field;
  return {
    name,
    label,
    help,
    as,
    required,
    readOnly,
    ...(fixed === undefined ? {} : { fixed }),
    ...(inputOf === undefined ? {} : { inputOf }),
    ...(options === undefined ? {} : { options }),
    ...(shownIf === undefined ? {} : { shownIf }),
    ...(initial === undefined ? {} : { initial }),
  };
}
