// A block that says something: a warning, a refusal with what to do about it, or that there is nothing yet.
import type { ReactElement, ReactNode } from "react";
import { ApiError, messageOf } from "../api.ts";
import { text } from "../messages.ts";
import { Button } from "./button.tsx";
import { CopyButton } from "./copy-button.tsx";
import { type Glyph, Icon } from "./icon.tsx";
import css from "./notice.module.css";

export function Notice({
  tone,
  children,
  action,
}: {
  tone: "info" | "warn" | "bad" | "good";
  children: ReactNode;
  action?: ReactNode;
}): ReactElement {
  return (
    <div className={css.notice} data-tone={tone}>
      <Icon name={tone === "info" ? "info" : tone === "good" ? "success" : "warn"} />
      <div className={css.words}>{children}</div>
      {action}
    </div>
  );
}

export function Failure({ error, retry }: { error: unknown; retry?: () => void }): ReactElement {
  const { message, hint, requestId } = messageOf(error);
  // For whoever looks into the server's log; of what was typed wrong there is nothing to look for.
  const isFault = !(error instanceof ApiError) || error.status >= 500 || error.status === 403;
  return (
    <div role="alert">
      <Notice tone="bad" action={retry && <Button onClick={retry}>{text.tryAgain}</Button>}>
        <strong>{message}</strong>
        {hint && <p>{hint}</p>}
        {isFault && requestId && <p className={css.request}>{text.error.request(requestId)}</p>}
      </Notice>
    </div>
  );
}

export function Empty({
  icon,
  title,
  hint,
  code,
  children,
  isPage,
}: {
  /** There is no other heading on the page. */
  isPage?: boolean;
  icon: Glyph;
  title: string;
  hint?: string | undefined;
  code?: string | undefined;
  children?: ReactNode;
}): ReactElement {
  return (
    <div className={css.empty}>
      <span className={css.emblem}>
        <Icon name={icon} size={22} />
      </span>
      {isPage ? <h1>{title}</h1> : <h2>{title}</h2>}
      {hint && <p>{hint}</p>}
      {code && (
        <div className={css.code}>
          <pre tabIndex={0}>{code}</pre>
          <CopyButton value={code} />
        </div>
      )}
      {children}
    </div>
  );
}
