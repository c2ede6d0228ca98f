// The admin is closed here: nothing but how one opens it.
import type { ReactElement } from "react";
import type { ApiError } from "../api.ts";
import { text } from "../messages.ts";
import { Icon } from "../parts/icon.tsx";
import css from "./door.module.css";

export function ClosedPage({ error }: { error: ApiError }): ReactElement {
  return (
    <main className={css.door}>
      <div className={css.card}>
        <span className={css.lock}>
          <Icon name="lock" size={22} />
        </span>
        <h1>{text.closed.title}</h1>
        <p className={css.words}>{error.message}</p>
        {error.hint && <p className={css.words}>{error.hint}</p>}
      </div>
    </main>
  );
}
