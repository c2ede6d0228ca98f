// Asks the server: JSON in, JSON out, and every refusal as one kind of error that says what to do.
import type { ErrorAnswer, ValueIssue } from "../../src/admin/contract.ts";
import { base } from "./base.ts";
import { text } from "./messages.ts";

/** Not the server's code: nothing answered. */
export const UNREACHABLE = "unreachable";

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | null;
  readonly requestId: string | null;
  readonly fields: Record<string, string>;
  readonly issues: Record<string, ValueIssue[]>;
  readonly position: { from: number; to: number } | null;
  readonly current: ErrorAnswer["error"]["current"];
  readonly by: ErrorAnswer["error"]["by"];

  constructor(status: number, error: Partial<ErrorAnswer["error"]>) {
    super(error.message ?? text.error.unknown(status));
    this.status = status;
    this.code = error.code ?? String(status);
    this.hint = error.hint ?? null;
    this.requestId = error.requestId ?? null;
    this.fields = error.fields ?? {};
    this.issues = error.issues ?? {};
    this.position = error.position ?? null;
    this.current = error.current;
    this.by = error.by;
  }
}

export interface Answer<T> {
  status: number;
  body: T;
}

let onLoggedOut: () => void = () => {};

/** What happens when the session has ended: whoever shows the login says so. */
export function whenLoggedOut(listener: () => void): void {
  onLoggedOut = listener;
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await ask<T>("GET", path, undefined, signal ? { signal } : {})).body;
}

export function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<Answer<T>> {
  return ask<T>("POST", path, body, signal ? { signal } : {});
}

export function patch<T>(path: string, body: unknown, version: string): Promise<Answer<T>> {
  return ask<T>("PATCH", path, body, { headers: { "if-match": JSON.stringify(version) } });
}

async function ask<T>(method: string, path: string, body: unknown, init: RequestInit): Promise<Answer<T>> {
  const headers = new Headers(init.headers);
  headers.set("accept", "application/json");
  if (body !== undefined) headers.set("content-type", "application/json");
  let response: Response;
  try {
    response = await fetch(`${base}api/${path}`, {
      ...init,
      method,
      headers,
      credentials: "same-origin",
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, {
      code: UNREACHABLE,
      message: text.error.unreachable,
      hint: text.error.unreachableHint,
    });
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return { status: response.status, body: answer as T };
  if (response.status === 401 && path !== "login") onLoggedOut();
  throw new ApiError(response.status, isErrorAnswer(answer) ? answer.error : {});
}

function isErrorAnswer(answer: unknown): answer is ErrorAnswer {
  return (
    typeof answer === "object" && answer !== null && "error" in answer && typeof answer.error === "object"
  );
}

/** The sentence of whatever went wrong. */
export function messageOf(error: unknown): {
  message: string;
  hint: string | null;
  requestId: string | null;
} {
  if (error instanceof ApiError) {
    return { message: error.message, hint: error.hint, requestId: error.requestId };
  }
  return { message: error instanceof Error ? error.message : String(error), hint: null, requestId: null };
}
