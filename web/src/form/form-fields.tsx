// The fields of a form by their kinds, each with its help below it.
import type { ReactElement } from "react";
import type {
  FormFieldDescription,
  FormValue,
  ModelDescription,
  ValueIssue,
} from "../../../src/admin/contract.ts";
import { Field, type ControlProps } from "../parts/field.tsx";
import { Switch as SwitchInput } from "../parts/switch.tsx";
import css from "./form-fields.module.css";
import { InputField } from "./input/input-field.tsx";
import { JsonInput } from "./json-input.tsx";
import { MomentInput } from "./moment-input.tsx";
import { Suggested, Zone } from "./suggested.tsx";
import { isShown, type Values } from "./values.ts";

export interface FieldsProps {
  model: ModelDescription;
  fields: FormFieldDescription[];
  values: Values;
  errors: Record<string, string>;
  /** What the schema found in the value of a field. */
  issues?: Record<string, ValueIssue[]>;
  set: (changed: Values) => void;
}

export function FormFields({ model, fields, values, errors, issues, set }: FieldsProps): ReactElement {
  return (
    <div className={css.fields}>
      {fields
        .filter((field) => isShown(field, values))
        .map((field) => (
          <div key={field.name} className={css.cell} data-as={field.as} data-name={field.name}>
            {field.as === "switch" ? (
              <Switch
                field={field}
                value={values[field.name] === true}
                error={errors[field.name]}
                onChange={(value) => set({ [field.name]: value })}
              />
            ) : field.inputOf !== undefined ? (
              <InputField
                id={fieldId(field.name)}
                field={field}
                func={String(values[field.inputOf] ?? "")}
                value={String(values[field.name] ?? "")}
                error={errors[field.name]}
                issues={issues?.[field.name] ?? []}
                onChange={(value) => set({ [field.name]: value })}
              />
            ) : (
              <Field
                id={fieldId(field.name)}
                label={field.label}
                help={field.help}
                error={errors[field.name]}
                optional={!field.required && !field.readOnly}
              >
                {(control) => (
                  <Control
                    model={model}
                    field={field}
                    value={values[field.name] ?? null}
                    control={control}
                    onChange={(value) => set({ [field.name]: value })}
                  />
                )}
              </Field>
            )}
          </div>
        ))}
    </div>
  );
}

export function fieldId(name: string): string {
  return `field-${name}`;
}

interface ControlOf {
  model: ModelDescription;
  field: FormFieldDescription;
  value: FormValue;
  control: ControlProps;
  onChange: (value: FormValue) => void;
}

function Control({ model, field, value, control, onChange }: ControlOf): ReactElement {
  const words = value === null ? "" : String(value);
  const common = { ...control, disabled: field.readOnly, required: field.required };
  // What can't be changed needs nothing suggested.
  switch (field.readOnly && field.as === "suggest" ? "text" : field.as) {
    case "number":
      return (
        <input
          {...common}
          type="number"
          inputMode="numeric"
          value={words}
          onChange={({ target }) => onChange(target.value === "" ? null : Number(target.value))}
        />
      );
    case "choice":
      return (
        <select {...common} value={words} onChange={({ target }) => onChange(target.value)}>
          {!field.required && !field.options?.some((option) => option.value === "") && (
            <option value="">–</option>
          )}
          {field.options?.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      );
    case "suggest":
      return <Suggested model={model} field={field} value={words} control={control} onChange={onChange} />;
    case "zone":
      return <Zone field={field} value={words} control={control} onChange={onChange} />;
    case "moment":
      return (
        <MomentInput
          control={control}
          value={typeof value === "number" ? value : null}
          readOnly={field.readOnly}
          onChange={onChange}
        />
      );
    case "value":
      return <JsonInput control={control} value={words} readOnly={field.readOnly} onChange={onChange} />;
    case "text":
    case "cron":
    case "duration":
    case "switch":
      return (
        <input
          {...common}
          type="text"
          value={words}
          data-mono={field.as === "cron" || undefined}
          autoComplete="off"
          spellCheck={field.as === "text"}
          onChange={({ target }) => onChange(target.value === "" ? null : target.value)}
        />
      );
  }
}

function Switch({
  field,
  value,
  error,
  onChange,
}: {
  field: FormFieldDescription;
  value: boolean;
  error: string | undefined;
  onChange: (value: boolean) => void;
}): ReactElement {
  const id = fieldId(field.name);
  return (
    <div className={css.switch}>
      <label className={css.line}>
        <SwitchInput
          id={id}
          checked={value}
          disabled={field.readOnly}
          aria-describedby={`${id}-help`}
          onChange={onChange}
        >
          <span>{field.label}</span>
        </SwitchInput>
      </label>
      {error && <p className={css.error}>{error}</p>}
      <p id={`${id}-help`} className={css.help}>
        {field.help}
      </p>
    </div>
  );
}
