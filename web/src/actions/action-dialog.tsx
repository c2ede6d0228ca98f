// Before a deed: what will happen and to what, what has to be answered, and a button that names it.
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactElement, useState } from "react";
import type {
  ActionDescription,
  ActionRequest,
  ConsequencesAnswer,
  FormValue,
  ModelDescription,
} from "../../../src/admin/contract.ts";
import { ApiError, post } from "../api.ts";
import { count as shownCount } from "../format/number.ts";
import { FormFields } from "../form/form-fields.tsx";
import { initialValues, isShown } from "../form/values.ts";
import { text } from "../messages.ts";
import { Button } from "../parts/button.tsx";
import { Field } from "../parts/field.tsx";
import { Failure, Notice } from "../parts/notice.tsx";
import { Dialog } from "../parts/popups.tsx";
import css from "./action-dialog.module.css";
import type { Answers, Target } from "./flow.tsx";

export function ActionDialog({
  model,
  action,
  request,
  target,
  run,
  onClose,
}: {
  model: ModelDescription;
  action: ActionDescription;
  request: ActionRequest;
  target: Target;
  run: (said: Answers) => Promise<void>;
  onClose: () => void;
}): ReactElement {
  const [values, setValues] = useState<Record<string, FormValue>>({});
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const preview = useQuery({
    queryKey: ["preview", model.name, action.name, request.operation],
    queryFn: async () => {
      const { body } = await post<ConsequencesAnswer>(
        `models/${model.name}/actions/${action.name}/preview`,
        request,
      );
      return body;
    },
  });
  // What the server knows better than the form: only where nobody has typed.
  const proposed = preview.data?.answers;
  const asked = { ...initialValues(action.ask), ...proposed, ...values };
  const known = "rows" in target ? { number: target.rows.length, capped: false } : target.matching.count;
  const count = preview.data?.count ?? known;
  const words = shownCount(count);
  const name = count.number === 1 && !count.capped ? model.label.one : model.label.many;
  // The number has to be typed only where nobody has seen all the rows.
  const mustType = action.confirm === "typed" && "matching" in target;
  const mayGo = !busy && (!mustType || typed.replaceAll(/[^\d]/g, "") === String(count.number));
  const fields = error instanceof ApiError ? error.fields : {};
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!mayGo) return;
    setBusy(true);
    setError(null);
    const answers = Object.fromEntries(
      action.ask
        .filter((field) => isShown(field, asked))
        .map((field) => [field.name, asked[field.name] ?? null]),
    );
    try {
      await run({
        ...(action.ask.length > 0 && { answers }),
        ...(reason.trim() && { reason: reason.trim() }),
      });
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <Dialog label={text.action.title(action.label, words, name)} onClose={onClose}>
      <form className={css.form} onSubmit={(event) => void submit(event)} noValidate>
        {preview.isError && <Failure error={preview.error} retry={() => void preview.refetch()} />}
        {preview.data && preview.data.examples.length > 0 && (
          <ul className={css.examples}>
            {preview.data.examples.map((example) => (
              <li key={example}>{example}</li>
            ))}
            {count.number > preview.data.examples.length && (
              <li className={css.rest}>
                {text.action.andMore(
                  shownCount({ ...count, number: count.number - preview.data.examples.length }),
                )}
              </li>
            )}
          </ul>
        )}
        {preview.data?.consequences.map((consequence) => (
          <Notice key={consequence} tone="warn">
            {consequence}
          </Notice>
        ))}
        {action.ask.length > 0 && (
          <FormFields
            model={model}
            fields={action.ask}
            values={asked}
            errors={fields}
            set={(changed) => setValues({ ...values, ...changed })}
          />
        )}
        {(action.danger || action.confirm !== "never") && (
          <Field id="action-reason" label={text.action.reason} help={text.action.reasonHelp} optional>
            {(control) => (
              <input
                {...control}
                value={reason}
                maxLength={500}
                onChange={(event) => setReason(event.target.value)}
              />
            )}
          </Field>
        )}
        {mustType && (
          <Field id="action-typed" label={text.action.type(words)}>
            {(control) => (
              <input
                {...control}
                inputMode="numeric"
                value={typed}
                autoComplete="off"
                onChange={(event) => setTyped(event.target.value)}
              />
            )}
          </Field>
        )}
        {Boolean(error) && <Failure error={error} />}
        <div className={css.foot}>
          {/* Beside "Cancel 3 tasks" a "Cancel" could mean either. */}
          <Button onClick={onClose}>{action.label === text.cancel ? text.action.keep : text.cancel}</Button>
          <Button
            type="submit"
            weight={action.danger ? "danger" : "strong"}
            busy={busy}
            disabled={!mayGo}
            data-autofocus={!mustType && action.ask.length === 0 ? true : undefined}
          >
            {text.action.button(action.label, words, name)}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
