// The fields of an object, and what may stand in them: scalars, objects again, and lists of both, whose entries can be moved.
import { type ReactElement, type ReactNode, useState } from "react";
import type { Shape, ShapeField } from "../../../../src/admin/contract.ts";
import { text } from "../../messages.ts";
import { Button, IconButton } from "../../parts/button.tsx";
import { Checkbox, controlClass, Field } from "../../parts/field.tsx";
import { Icon } from "../../parts/icon.tsx";
import { type PlacedIssue, ShapeControl, type ShapeProps } from "./shape-control.tsx";
import css from "./shape.module.css";
import { hintOf } from "./shape-words.ts";
import { beginning, controlId, fits, isRecord, type Path, pathWords } from "./shaped-value.ts";
import { hidden } from "./text-control.tsx";

export function ShapeFields({
  shape,
  ...props
}: ShapeProps & { shape: Extract<Shape, { as: "object" }> }): ReactElement {
  const { path, value, issues } = props;
  const known = isRecord(value) ? value : {};
  const others = Object.keys(known).filter((name) => !shape.fields.some((field) => field.name === name));
  return (
    <div className={css.object}>
      <Issues issues={issues} at={path} />
      {shape.fields.map((field) => (
        <ShapeRow
          key={field.name}
          {...props}
          field={field}
          path={[...path, field.name]}
          value={known[field.name]}
        />
      ))}
      {others.length > 0 && <p className={css.others}>{text.input.others(others)}</p>}
    </div>
  );
}

function ShapeRow({ field, ...props }: Omit<ShapeProps, "shape"> & { field: ShapeField }): ReactElement {
  const { id, path, value, shaped, issues, readOnly } = props;
  const { shape, required } = field;
  const here = controlId(id, path);
  const isNull = value === null && shape.nullable === true;
  const name = field.title ?? <code>{field.name}</code>;
  const given = value !== undefined && !isNull;
  const isFolded = shape.as === "object" && !given && !required;
  const add = beginning({ ...shape, nullable: false });
  const aside = readOnly ? null : (
    <>
      {shape.as === "object" && !required && !isNull && (
        <button
          type="button"
          className={css.quiet}
          onClick={() => shaped.set(path, given ? undefined : add)}
          aria-label={`${given ? text.input.remove : text.input.add}: ${field.name}`}
        >
          {given ? text.input.remove : text.input.add}
        </button>
      )}
      {shape.nullable && (
        <Checkbox
          label={text.input.null}
          checked={isNull}
          onChange={(checked) =>
            shaped.set(path, checked ? null : required ? (add ?? emptyOf(shape)) : undefined)
          }
        />
      )}
    </>
  );
  const inside = (shown: ReactNode): ReactElement => <div className={css.inside}>{shown}</div>;
  const isObject = shape.as === "object" && fits(shape, value);
  const isList = shape.as === "list" && fits(shape, value);
  return (
    <div className={css.row} data-wide={isObject || isList || shape.as === "json" || undefined}>
      <Field
        id={here}
        label={name}
        help={value === hidden ? text.input.hidden : hintOf(field)}
        error={isObject && !isFolded && !isNull ? undefined : wordsAt(issues, path)}
        optional={!required}
        aside={aside}
        isGroup={isObject || isList}
      >
        {(control) => {
          if (isNull) return <p className={css.null}>{text.input.null}</p>;
          if (isFolded && isObject) return <p className={css.null}>{text.input.notGiven}</p>;
          if (isObject) return inside(<ShapeFields {...props} shape={shape} />);
          if (isList) return inside(<ShapeList {...props} shape={shape} />);
          return (
            <ShapeControl
              {...props}
              shape={shape}
              control={control}
              required={required}
              initial={field.initial}
            />
          );
        }}
      </Field>
    </div>
  );
}

/** What a value that is null no more begins with, where nothing is said of it. */
function emptyOf(shape: Shape): unknown {
  return shape.as === "text" ? "" : undefined;
}

export function ShapeList({
  shape,
  ...props
}: ShapeProps & { shape: Extract<Shape, { as: "list" }> }): ReactElement {
  const { id, path, value, shaped, readOnly } = props;
  const items: unknown[] = Array.isArray(value) ? value : [];
  const idAt = (index: number): string => controlId(id, [...path, index]);
  // Entries have no names: what is typed belongs to the place, so that they are drawn anew where places change.
  const [arranged, setArranged] = useState(0);
  const arrange = (order: number[], focused: string): void => {
    shaped.arrange(path, order);
    setArranged(arranged + 1);
    focusSoon(focused);
  };
  const places = items.map((_, index) => index);
  const last = items.length - 1;
  const move = (from: number, to: number): void => {
    const order = places.filter((place) => place !== from);
    order.splice(to, 0, from);
    const isAtEnd = to === 0 || to === last;
    arrange(order, `${idAt(to)}-${to < from !== isAtEnd ? "up" : "down"}`);
  };
  const remove = (index: number): void =>
    arrange(
      places.filter((place) => place !== index),
      last === 0 ? `${controlId(id, path)}-add` : `${idAt(Math.min(index, last - 1))}-remove`,
    );
  const buttons = (index: number): ReactNode =>
    !readOnly && (
      <div className={css.buttons}>
        <IconButton
          icon="up"
          id={`${idAt(index)}-up`}
          label={text.input.moveUp(index + 1)}
          disabled={index === 0}
          onClick={() => move(index, index - 1)}
        />
        <IconButton
          icon="down"
          id={`${idAt(index)}-down`}
          label={text.input.moveDown(index + 1)}
          disabled={index === last}
          onClick={() => move(index, index + 1)}
        />
        <IconButton
          icon="close"
          id={`${idAt(index)}-remove`}
          label={text.input.removeItem(index + 1)}
          onClick={() => remove(index)}
        />
      </div>
    );
  return (
    <>
      {items.length === 0 && <p className={css.note}>{text.input.noItems}</p>}
      {items.map((item, index) => (
        <Entry
          key={`${arranged}.${index}`}
          {...props}
          shape={shape.of}
          path={[...path, index]}
          value={item === null ? undefined : item}
          label={`${pathWords(path)}: ${text.input.item(index + 1)}`}
          title={text.input.item(index + 1)}
          buttons={buttons(index)}
        />
      ))}
      {!readOnly && (
        <div>
          <Button
            icon="plus"
            weight="quiet"
            id={`${controlId(id, path)}-add`}
            aria-label={path.length === 0 ? undefined : `${text.input.addItem}: ${pathWords(path)}`}
            onClick={() => {
              shaped.set(path, [...items, shape.of.as === "text" ? "" : (beginning(shape.of) ?? null)]);
              focusSoon(idAt(items.length));
            }}
          >
            {text.input.addItem}
          </Button>
        </div>
      )}
    </>
  );
}

/** An entry of a list: fields where it is an object, else one control. */
function Entry({
  label,
  title,
  buttons,
  ...props
}: ShapeProps & { label: string; title: string; buttons: ReactNode }): ReactElement {
  const { id, shape, path, value, issues } = props;
  const here = controlId(id, path);
  if (shape.as === "object" && fits(shape, value))
    return (
      <div className={css.entry} id={here} role="group" aria-label={label} tabIndex={-1}>
        <div className={css.head}>
          <span>{title}</span>
          {buttons}
        </div>
        <ShapeFields {...props} shape={shape} />
      </div>
    );
  const wrong = wordsAt(issues, path);
  return (
    <div className={css.item}>
      <ShapeControl
        {...props}
        required
        initial={null}
        control={{
          id: here,
          className: controlClass,
          "aria-label": label,
          "aria-describedby": wrong && `${here}-error`,
          "aria-invalid": wrong ? true : undefined,
        }}
      />
      {buttons}
      {wrong && (
        <p id={`${here}-error`} className={css.wrong}>
          {wrong}
        </p>
      )}
    </div>
  );
}

/** Once it is drawn: the control of that id, or the first in it. */
function focusSoon(id: string): void {
  requestAnimationFrame(() => {
    const found = document.getElementById(id);
    const inside = found?.querySelector<HTMLElement>("input, select, textarea");
    (inside ?? found)?.focus();
  });
}

function Issues({ issues, at }: { issues: PlacedIssue[]; at: Path }): ReactElement | null {
  const words = wordsAt(issues, at);
  return words === undefined ? null : (
    <p className={css.wrong}>
      <Icon name="warn" size={14} />
      {words}
    </p>
  );
}

function wordsAt(issues: PlacedIssue[], path: Path): string | undefined {
  const here = pathWords(path);
  const found = issues.filter(({ at }) => pathWords(at) === here);
  const sentences = found.map((issue) =>
    issue.path.length > path.length
      ? `${pathWords(issue.path.slice(path.length))}: ${issue.message}`
      : issue.message,
  );
  return sentences.length === 0 ? undefined : sentences.join(" ");
}
