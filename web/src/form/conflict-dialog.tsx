// Somebody saved meanwhile: both sides of every field that differs, and which of the two shall stand.
import { type ReactElement, useState } from "react";
import type {
  DetailAnswer,
  ErrorAnswer,
  FormFieldDescription,
  FormValue,
} from "../../../src/admin/contract.ts";
import { momentTitle } from "../format/moment.ts";
import { text } from "../messages.ts";
import { Button } from "../parts/button.tsx";
import { Moment } from "../parts/moment.tsx";
import { Dialog } from "../parts/popups.tsx";
import css from "./conflict-dialog.module.css";
import type { Values } from "./values.ts";

export function ConflictDialog({
  fields,
  before,
  mine,
  theirs,
  by,
  onTake,
  onClose,
}: {
  fields: FormFieldDescription[];
  before: Values;
  mine: Values;
  theirs: DetailAnswer;
  by: ErrorAnswer["error"]["by"];
  onTake: (merged: Values) => void;
  onClose: () => void;
}): ReactElement {
  const their = theirs.form?.values ?? {};
  const differing = fields.filter(({ name }) => same(mine[name]) !== same(their[name]));
  // Whoever changed a field alone meant it; where both did, mine stands until said otherwise.
  const [keepMine, setKeepMine] = useState<Record<string, boolean>>(() =>
    Object.fromEntries(differing.map(({ name }) => [name, same(mine[name]) !== same(before[name])])),
  );
  const choose = (name: string, mineStands: boolean): void =>
    setKeepMine({ ...keepMine, [name]: mineStands });
  const merged = (): Values => ({
    ...their,
    ...Object.fromEntries(
      differing.filter(({ name }) => keepMine[name]).map(({ name }) => [name, mine[name] ?? null]),
    ),
  });
  return (
    <Dialog label={text.conflict.title} onClose={onClose} wide>
      <p className={css.intro}>
        {by && (
          <strong>
            {text.conflict.by(by.who)}
            <Moment at={by.at} />.{" "}
          </strong>
        )}
        {text.conflict.intro}
      </p>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{text.conflict.field}</th>
            <th scope="col">{text.conflict.theirs}</th>
            <th scope="col">{text.conflict.mine}</th>
          </tr>
        </thead>
        <tbody>
          {differing.map((field) => (
            <tr key={field.name}>
              <th scope="row">{field.label}</th>
              <Side
                field={field}
                value={their[field.name]}
                label={text.conflict.take}
                chosen={!keepMine[field.name]}
                choose={() => choose(field.name, false)}
              />
              <Side
                field={field}
                value={mine[field.name]}
                label={text.conflict.keep}
                chosen={keepMine[field.name] ?? false}
                choose={() => choose(field.name, true)}
              />
            </tr>
          ))}
        </tbody>
      </table>
      <div className={css.foot}>
        <Button onClick={() => onTake({ ...their })}>{text.conflict.takeAll}</Button>
        <Button weight="strong" onClick={() => onTake(merged())}>
          {text.conflict.use}
        </Button>
      </div>
    </Dialog>
  );
}

function Side({
  field,
  value,
  label,
  chosen,
  choose,
}: {
  field: FormFieldDescription;
  value: FormValue | undefined;
  label: string;
  chosen: boolean;
  choose: () => void;
}): ReactElement {
  return (
    <td data-chosen={chosen || undefined}>
      <label className={css.side}>
        <input type="radio" name={`conflict-${field.name}`} checked={chosen} onChange={choose} />
        <span>
          <span className={css.value}>{shown(field, value)}</span>
          <span className={css.label}>{label}</span>
        </span>
      </label>
    </td>
  );
}

function shown(field: FormFieldDescription, value: FormValue | undefined): string {
  if (value === null || value === undefined || value === "") return "–";
  if (field.as === "moment" && typeof value === "number") return momentTitle(value);
  return field.options?.find((option) => option.value === value)?.label ?? String(value);
}

function same(value: FormValue | undefined): string {
  return String(value ?? "");
}
