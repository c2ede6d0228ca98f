// The control of one value by its shape; a value that does not fit its shape is shown as the JSON that it is.
import type { ReactElement } from "react";
import type { Shape, ValueIssue } from "../../../../src/admin/contract.ts";
import { text } from "../../messages.ts";
import type { ControlProps } from "../../parts/field.tsx";
import { Switch } from "../../parts/switch.tsx";
import { JsonInput } from "../json-input.tsx";
import { MomentInput } from "../moment-input.tsx";
import css from "./shape.module.css";
import type { Shaped } from "./shaped-text.ts";
import { fits, momentIn, type Path } from "./shaped-value.ts";
import { TextControl } from "./text-control.tsx";

/** An issue, and the control that shows it. */
export interface PlacedIssue extends ValueIssue {
  at: Path;
}

export interface ShapeProps {
  /** Of the whole field: ids of controls begin with it. */
  id: string;
  shape: Shape;
  path: Path;
  value: unknown;
  shaped: Shaped;
  issues: PlacedIssue[];
  readOnly: boolean;
}

export type ScalarProps = Pick<ShapeProps, "shape" | "path" | "value" | "shaped" | "readOnly"> & {
  control: ControlProps;
  /** It can't be left out. */
  required: boolean;
  /** JSON text of what stands for it where it is left out. */
  initial: string | null;
};

export function ShapeControl(props: ScalarProps): ReactElement {
  const { shape, path, value, shaped, readOnly, control, required, initial } = props;
  const draft = shaped.draftAt(path);
  if (draft !== undefined || shape.as === "json" || !fits(shape, value)) {
    return (
      <JsonInput
        control={control}
        value={draft ?? (value === undefined ? "" : JSON.stringify(value, null, 2))}
        readOnly={readOnly}
        small
        onChange={(typed) => (typed.trim() === "" ? shaped.set(path, undefined) : shaped.draft(path, typed))}
      />
    );
  }
  const set = (next: unknown): void => shaped.set(path, next);
  const unlessGiven = initial === null ? undefined : text.input.initial(initial);
  const common = { ...control, disabled: readOnly };
  switch (shape.as) {
    case "text":
      return (
        <TextControl
          {...common}
          shape={shape}
          value={typeof value === "string" ? value : ""}
          placeholder={unlessGiven}
          onType={(typed) => set(typed === "" && !required ? undefined : typed)}
        />
      );
    case "number":
      return (
        <input
          {...common}
          type="number"
          inputMode={shape.whole ? "numeric" : "decimal"}
          step={shape.whole ? 1 : "any"}
          placeholder={unlessGiven}
          value={typeof value === "number" ? String(value) : ""}
          onChange={({ target }) => set(target.value === "" ? undefined : Number(target.value))}
        />
      );
    case "switch":
      return required && value !== undefined ? (
        <span className={css.switch}>
          <Switch {...common} checked={value === true} onChange={set} />
        </span>
      ) : (
        <Choice {...props} options={[true, false]} words={(option) => (option ? text.yes : text.no)} />
      );
    case "choice":
      return <Choice {...props} options={shape.options} words={String} />;
    case "moment":
      return (
        <MomentInput
          control={control}
          value={momentIn(value)}
          readOnly={readOnly}
          onChange={(at) => set(at === null ? undefined : { $date: new Date(at).toISOString() })}
        />
      );
    case "list":
    case "object":
      return <></>;
  }
}

/** Options by their place: true and "true" are two. */
function Choice({
  options,
  words,
  path,
  value,
  shaped,
  readOnly,
  control,
  required,
  initial,
}: ScalarProps & {
  options: (string | number | boolean)[];
  words: (option: string | number | boolean) => string;
}): ReactElement {
  const chosen = options.findIndex((option) => option === value);
  return (
    <select
      {...control}
      disabled={readOnly}
      value={chosen}
      onChange={({ target }) => shaped.set(path, options[Number(target.value)])}
    >
      {(!required || chosen === -1) && (
        <option value={-1}>{initial === null ? "–" : text.input.initial(initial)}</option>
      )}
      {options.map((option, index) => (
        <option key={index} value={index}>
          {words(option)}
        </option>
      ))}
    </select>
  );
}
