// The login: a name and a password, or where else one logs in.
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactElement, useEffect, useRef, useState } from "react";
import type { Boot, LoginRequest } from "../../../src/admin/contract.ts";
import { post } from "../api.ts";
import { text } from "../messages.ts";
import { Button } from "../parts/button.tsx";
import { Field } from "../parts/field.tsx";
import { Mark } from "../parts/icon.tsx";
import { Failure } from "../parts/notice.tsx";
import { bootQuery } from "../queries.ts";
import css from "./door.module.css";

export function LoginPage({ boot }: { boot: Boot }): ReactElement {
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = text.shell.pageTitle(text.login.title);
    input.current?.focus();
  }, []);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const request: LoginRequest = { name, password };
      await post("login", request);
      await queries.invalidateQueries({ queryKey: bootQuery.queryKey });
    } catch (problem) {
      setError(problem);
      setPassword("");
    } finally {
      setBusy(false);
    }
  };
  return (
    <main className={css.door}>
      <div className={css.card}>
        <Mark size={40} />
        <h1>{boot.label}</h1>
        {boot.login === "password" ? (
          <form className={css.form} onSubmit={(event) => void submit(event)}>
            <Field id="login-name" label={text.login.name}>
              {(control) => (
                <input
                  {...control}
                  ref={input}
                  value={name}
                  required
                  autoComplete="username"
                  autoCapitalize="off"
                  spellCheck={false}
                  onChange={(event) => setName(event.target.value)}
                />
              )}
            </Field>
            <Field id="login-password" label={text.login.password}>
              {(control) => (
                <input
                  {...control}
                  type="password"
                  value={password}
                  required
                  autoComplete="current-password"
                  onChange={(event) => setPassword(event.target.value)}
                />
              )}
            </Field>
            {Boolean(error) && <Failure error={error} />}
            <Button type="submit" weight="strong" busy={busy}>
              {text.login.submit}
            </Button>
          </form>
        ) : (
          <p className={css.words}>{text.login.elsewhere}</p>
        )}
      </div>
    </main>
  );
}
