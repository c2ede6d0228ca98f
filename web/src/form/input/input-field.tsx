// The input of a task function: a form made of its schema or the JSON itself, two views of one text, each one click from the other.
import { useQuery } from "@tanstack/react-query";
import { type ReactElement, useEffect, useRef, useState } from "react";
import type { FormFieldDescription, ValueIssue } from "../../../../src/admin/contract.ts";
import { text } from "../../messages.ts";
import { type ControlProps, Field } from "../../parts/field.tsx";
import { functionQuery } from "../../queries.ts";
import { useSettled } from "../../settled.ts";
import { JsonInput } from "../json-input.tsx";
import css from "./input-field.module.css";
import { IssueList } from "./issue-list.tsx";
import { ShapeControl, type ShapeProps } from "./shape-control.tsx";
import { ShapeFields, ShapeList } from "./shape-fields.tsx";
import { arranged, type Shaped, useShapedText } from "./shaped-text.ts";
import { beginning, fits, type Path, shownAt } from "./shaped-value.ts";

const waitMs = 250;

export function InputField({
  id,
  field,
  func,
  value,
  error,
  issues: told,
  onChange,
}: {
  id: string;
  field: FormFieldDescription;
  /** The function that it is for, as far as it is typed. */
  func: string;
  value: string;
  error: string | undefined;
  issues: ValueIssue[];
  onChange: (text: string) => void;
}): ReactElement {
  const settled = useSettled(func, waitMs);
  const { data } = useQuery({ ...functionQuery(settled), enabled: settled !== "" });
  const shape = settled === "" ? null : (data?.input ?? null);
  const begun = shape ? beginning(shape) : undefined;
  useBeginning(data === undefined && settled !== "" ? null : { func: settled, begun }, value, (text) => {
    if (!field.readOnly) onChange(text);
  });
  const held = useShapedText(value, begun, onChange);
  const { issues, follow } = useIssues(told);
  const shaped: Shaped = {
    ...held,
    arrange: (path, order) => {
      held.arrange(path, order);
      follow(path, order);
    },
  };
  const [asJson, setAsJson] = useState(false);
  const shown = shaped.value === undefined ? begun : shaped.value;
  const canShow = shape ? shaped.isJson && fits(shape, shown) : false;
  const showsForm = shape !== null && canShow && !asJson;
  const toggle = shape !== null && (
    <span className={css.views} role="group" aria-label={text.input.view}>
      <button type="button" aria-pressed={showsForm} disabled={!canShow} onClick={() => setAsJson(false)}>
        {text.input.form}
      </button>
      <button type="button" aria-pressed={!showsForm} onClick={() => setAsJson(true)}>
        {text.input.json}
      </button>
    </span>
  );
  return (
    <Field
      id={id}
      label={field.label}
      help={field.help}
      error={issues.length > 0 ? undefined : error}
      optional={shape === null && !field.required && !field.readOnly}
      aside={toggle}
      isGroup={showsForm && (shape.as === "object" || shape.as === "list")}
    >
      {(control) =>
        showsForm ? (
          <Whole
            id={id}
            shape={shape}
            path={[]}
            value={shown}
            shaped={shaped}
            issues={issues.map((issue) => ({ ...issue, at: shownAt(shape, issue.path, shown) }))}
            readOnly={field.readOnly}
            control={control}
          />
        ) : (
          <div className={css.json}>
            <JsonInput
              control={issues.length > 0 ? { ...control, "aria-invalid": true } : control}
              value={value}
              readOnly={field.readOnly}
              marked={issues.map(({ path }) => path)}
              onChange={(next) => {
                setAsJson(true);
                onChange(next);
              }}
            />
            <IssueList issues={issues} json={value} editor={id} />
            {shape !== null && !canShow && <p className={css.note}>{text.input.onlyJson}</p>}
          </div>
        )
      }
    </Field>
  );
}

function Whole({ shape, ...props }: ShapeProps & { control: ControlProps }): ReactElement {
  if (shape.as === "object") return <ShapeFields {...props} shape={shape} />;
  if (shape.as === "list") return <ShapeList {...props} shape={shape} />;
  return <ShapeControl {...props} shape={shape} required initial={null} />;
}

/** What was told of entries that were moved since goes with them, and with those that were removed. */
function useIssues(told: ValueIssue[]): {
  issues: ValueIssue[];
  follow: (list: Path, order: number[]) => void;
} {
  const [kept, setKept] = useState({ told, issues: told });
  const issues = kept.told === told ? kept.issues : told;
  return {
    issues,
    follow: (list, order) =>
      setKept({
        told,
        issues: issues.flatMap((issue) => {
          const path = arranged(issue.path, list, order);
          return path === null ? [] : [{ ...issue, path: [...path] }];
        }),
      }),
  };
}

/** Another function was chosen: what its input begins with, unless somebody has typed one. */
function useBeginning(
  /** Null: not known yet. */
  now: { func: string; begun: unknown } | null,
  value: string,
  tell: (text: string) => void,
): void {
  const [first] = useState(now?.func);
  const last = useRef({ func: first, text: "" });
  useEffect(() => {
    if (now === null || now.func === last.current.func) return;
    const { func, begun } = now;
    const written = begun === undefined ? "" : JSON.stringify(begun, null, 2);
    const isUntouched = value.trim() === "" || value === last.current.text;
    last.current = { func, text: isUntouched ? written : "" };
    if (isUntouched && value !== written) tell(written);
  });
}
