// A moment: the browser's own picker on the browser's clock, the usual answers beside it, and below it what that is elsewhere.
import type { ReactElement } from "react";
import { useBoot } from "../boot-context.ts";
import { browserZone, dayAndTime, fromLocalInput, relative, toLocalInput, utc } from "../format/moment.ts";
import { text } from "../messages.ts";
import type { ControlProps } from "../parts/field.tsx";
import { useTick } from "../clock.ts";
import css from "./moment-input.module.css";

const stepS = 1;

export function MomentInput({
  control,
  value,
  readOnly,
  onChange,
}: {
  control: ControlProps;
  value: number | null;
  readOnly: boolean;
  onChange: (at: number | null) => void;
}): ReactElement {
  const { timeZone } = useBoot();
  const age = useTick((now) => (value === null ? "" : relative(value, now)));
  return (
    <div className={css.moment}>
      <div className={css.line}>
        <input
          {...control}
          type="datetime-local"
          step={stepS}
          disabled={readOnly}
          value={value === null ? "" : toLocalInput(value)}
          onChange={({ target }) => onChange(fromLocalInput(target.value))}
        />
        {!readOnly && (
          <>
            <button type="button" className={css.quick} onClick={() => onChange(Date.now())}>
              {text.form.now}
            </button>
            <button type="button" className={css.quick} onClick={() => onChange(today(value))}>
              {text.form.today}
            </button>
          </>
        )}
      </div>
      {value !== null && (
        <p className={css.reading}>
          {[
            age,
            browserZone,
            timeZone !== browserZone && timeZone !== "UTC" && `${dayAndTime(value, timeZone)} ${timeZone}`,
            browserZone !== "UTC" && `${utc(value).slice(0, 16)} UTC`,
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
      )}
    </div>
  );
}

// Today, at the time of day that stands there.
function today(value: number | null): number {
  const now = new Date();
  const time = value === null ? now : new Date(value);
  return new Date(
    now.getFullYear(),
    now.getMonth(),
    now.getDate(),
    time.getHours(),
    time.getMinutes(),
    time.getSeconds(),
  ).getTime();
}
