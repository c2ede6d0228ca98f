// Answers: JSON, refusals with one shape, and the headers that every answer carries.
import type { ErrorAnswer } from "./contract.ts";

type ErrorMore = Omit<Partial<ErrorAnswer["error"]>, "code" | "message" | "requestId">;

/** Thrown by whoever can't or won't do what is asked; becomes an answer with this status. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly more: ErrorMore;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: string,
    message: string,
    more: ErrorMore = {},
    headers: Record<string, string> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.more = more;
    this.headers = headers;
  }
}

export const contentSecurityPolicy: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

/** On every answer, errors too. */
const securityHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": contentSecurityPolicy,
  "x-frame-options": "DENY",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
};

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", ...headers },
  });
}

/** A page of text that needs nothing else; with the address of its style it is better to look at. */
export function plainPage(
  status: number,
  title: string,
  lines: readonly string[],
  style: string | null,
): Response {
  const escaped = (text: string): string =>
    text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  const head = [
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escaped(title)}</title>`,
    ...(style === null ? [] : [`<link rel="stylesheet" href="${escaped(style)}">`]),
  ].join("\n");
  const body = [`<h1>${escaped(title)}</h1>`, ...lines.map((line) => `<p>${escaped(line)}</p>`)].join("\n");
  return new Response(
    `<!doctype html>\n<html lang="en">\n<head>\n${head}\n</head>\n<body><main>\n${body}\n</main></body>\n</html>\n`,
    { status, headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" } },
  );
}

export function refusalAnswer(refusal: Refusal, requestId: string): Response {
  const { status, code, message, more, headers } = refusal;
  const body: ErrorAnswer = { error: { code, message, hint: null, requestId, ...more } };
  return json(body, status, headers);
}

export function secured(response: Response): Response {
  for (const [name, value] of Object.entries(securityHeaders)) response.headers.set(name, value);
  return response;
}
