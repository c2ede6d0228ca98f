// The form of any model: add or change, with errors at the field and in a summary, and both sides shown when somebody saved meanwhile.
import { useQueryClient } from "@tanstack/react-query";
import { useBlocker, useNavigate } from "@tanstack/react-router";
import { type FormEvent, type ReactElement, useRef, useState } from "react";
import type {
  DetailAnswer,
  FormDescription,
  FormFieldDescription,
  SaveAnswer,
  SaveRequest,
  ValueIssue,
} from "../../../src/admin/contract.ts";
import { ApiError, patch, post } from "../api.ts";
import { fromBase } from "../base.ts";
import { text } from "../messages.ts";
import { listAddress, useThisModel } from "../model-context.ts";
import { Button } from "../parts/button.tsx";
import { Failure, Notice } from "../parts/notice.tsx";
import { Dialog } from "../parts/popups.tsx";
import { toast } from "../parts/toasts.tsx";
import { parseSearch } from "../search.ts";
import { ConflictDialog } from "./conflict-dialog.tsx";
import { FormFields, fieldId } from "./form-fields.tsx";
import css from "./model-form.module.css";
import { Mistakes } from "./mistakes.tsx";
import { Preview } from "./preview.tsx";
import { changedNames, isShown, plainMistakes, type Values, wordedIssues } from "./values.ts";

const conflict = 409;
type Then = "list" | "stay" | "another";

export function ModelForm({
  form,
  initial,
  existing,
  from,
}: {
  form: FormDescription;
  initial: Values;
  /** Absent: a new one. */
  existing?: { id: string; version: string; readOnly: string | null };
  /** The row that a new one was begun from: what is hidden in it is kept. */
  from?: NonNullable<SaveRequest["from"]>;
}): ReactElement {
  const model = useThisModel();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [before, setBefore] = useState(initial);
  const [values, setValues] = useState(initial);
  const [version, setVersion] = useState(existing?.version ?? "");
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [issues, setIssues] = useState<Record<string, ValueIssue[]>>({});
  const [error, setError] = useState<unknown>(null);
  const [theirs, setTheirs] = useState<{ now: DetailAnswer; by: ApiError["by"] } | null>(null);
  const [busy, setBusy] = useState(false);
  const summary = useRef<HTMLDivElement>(null);
  const leaving = useRef(false);
  const sections = existing ? form.sections.map(fixedOnes) : form.sections;
  const fields = sections.flatMap((section) => section.fields);
  const changed = changedNames(before, values);
  const readOnly = existing?.readOnly ?? null;
  const blocker = useBlocker({
    shouldBlockFn: () => changed.length > 0 && !leaving.current,
    enableBeforeUnload: () => changed.length > 0 && !leaving.current,
    withResolver: true,
  });

  const refuse = (mistakes: Record<string, string>, problem: unknown): void => {
    setErrors(mistakes);
    setIssues(problem instanceof ApiError ? wordedIssues(problem.issues, values) : {});
    setError(problem);
    requestAnimationFrame(() => summary.current?.focus());
  };

  const save = async (then: Then, over = version): Promise<void> => {
    const mistakes = plainMistakes(fields, values);
    if (Object.keys(mistakes).length > 0) return refuse(mistakes, null);
    setBusy(true);
    setErrors({});
    setIssues({});
    setError(null);
    // What does not show is not meant; nor what nobody touched, which may have moved on by itself, as the next run of a schedule does.
    const meant = fields.filter(
      (field) => isShown(field, values) && !field.readOnly && (!existing || changed.includes(field.name)),
    );
    const request: SaveRequest = {
      values: Object.fromEntries(meant.map(({ name }) => [name, values[name] ?? null])),
      ...(from && { from }),
    };
    try {
      const { body } = existing
        ? await patch<SaveAnswer>(`models/${model.name}/${encodeURIComponent(existing.id)}`, request, over)
        : await post<SaveAnswer>(`models/${model.name}`, request);
      await saved(body, then);
    } catch (problem) {
      if (problem instanceof ApiError && problem.status === conflict && problem.current)
        setTheirs({ now: problem.current, by: problem.by });
      else refuse(problem instanceof ApiError ? problem.fields : {}, problem);
    } finally {
      setBusy(false);
    }
  };

  const saved = async (answer: SaveAnswer, then: Then): Promise<void> => {
    leaving.current = true;
    toast({ tone: "good", title: text.form.saved(model.label.one), lines: answer.warnings });
    setTheirs(null);
    // Not waited for: on a slow network one would sit before a form that is saved.
    for (const key of ["list", "detail", "history"])
      void queries.invalidateQueries({ queryKey: [key, model.name] });
    if (then === "list") {
      await navigate({ to: `/${model.path}`, search: parseSearch(listAddress(model)) });
    } else if (then === "another") {
      setValues(initial);
      setBefore(initial);
      await navigate({ to: `/${model.path}/new` });
      document.getElementById(fieldId(fields[0]?.name ?? ""))?.focus();
    } else if (existing) {
      setVersion(answer.version);
      setBefore(values);
    } else {
      await navigate({ to: fromBase(answer.to), search: { tab: "edit" }, replace: true });
    }
    leaving.current = false;
  };

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void save("list");
  };

  const listed = Object.entries(errors);
  return (
    <div className={css.columns} data-preview={form.preview || undefined}>
      <form className={css.form} onSubmit={submit} noValidate aria-label={text.form.of(model.label.one)}>
        {readOnly && <Notice tone="info">{readOnly}</Notice>}
        {(listed.length > 0 || Boolean(error)) && (
          <div ref={summary} tabIndex={-1} className={css.summary} role="alert">
            {listed.length > 0 ? (
              <Notice tone="bad">
                <Mistakes listed={listed} issues={issues} fields={fields} />
              </Notice>
            ) : (
              <Failure error={error} />
            )}
          </div>
        )}
        {sections.map((section) => {
          if (!section.fields.some((field) => isShown(field, values))) return null;
          return (
            <fieldset key={section.label} className={css.section} disabled={readOnly !== null}>
              <legend>{section.label}</legend>
              <FormFields
                model={model}
                fields={section.fields}
                values={values}
                errors={errors}
                issues={issues}
                set={(change) => setValues((now) => ({ ...now, ...change }))}
              />
            </fieldset>
          );
        })}
        {readOnly === null && (
          <div className={css.foot}>
            <Button type="submit" weight="strong" busy={busy}>
              {text.form.save}
            </Button>
            <Button disabled={busy} onClick={() => void save("stay")}>
              {text.form.saveAndStay}
            </Button>
            {model.may.add && (
              <Button disabled={busy} onClick={() => void save("another")}>
                {text.form.saveAndAdd}
              </Button>
            )}
            <span className={css.changes}>{changed.length > 0 && text.form.changes(changed.length)}</span>
          </div>
        )}
      </form>
      {form.preview && <Preview values={values} id={existing?.id} zone={zoneOf(fields, values)} />}
      {blocker.status === "blocked" && (
        <Dialog label={text.form.leaveTitle} onClose={blocker.reset}>
          <p>{text.form.leave(changed.length)}</p>
          <div className={css.choice}>
            <Button onClick={blocker.reset} data-autofocus>
              {text.form.stay}
            </Button>
            <Button weight="danger" onClick={blocker.proceed}>
              {text.form.discard}
            </Button>
          </div>
        </Dialog>
      )}
      {theirs && (
        <ConflictDialog
          fields={fields}
          before={before}
          mine={values}
          theirs={theirs.now}
          by={theirs.by}
          onClose={() => setTheirs(null)}
          onTake={(merged) => {
            setValues(merged);
            setBefore(theirs.now.form?.values ?? merged);
            setVersion(theirs.now.version);
            setTheirs(null);
          }}
        />
      )}
    </div>
  );
}

function zoneOf(fields: FormFieldDescription[], values: Values): string | null {
  const zone = fields.find((field) => field.as === "zone");
  const value = zone && values[zone.name];
  return typeof value === "string" ? value : null;
}

/** What was given once can't be changed. */
function fixedOnes(section: FormDescription["sections"][number]): FormDescription["sections"][number] {
  return {
    ...section,
    fields: section.fields.map((field) => (field.fixed ? { ...field, readOnly: true } : field)),
  };
}
