// The icons, drawn for this app on a grid of 16: strokes of 1.5 in the colour of the text beside them.
import type { ReactElement } from "react";

const paths = {
  success: "M13.5 8a5.5 5.5 0 1 1-2.4-4.5M5.6 7.9l2 2 5-5.7",
  failure: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM6 6l4 4M10 6l-4 4",
  schedule: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM8 5v3.2l2.2 1.4",
  queue: "M3 4.5h10M3 8h10M3 11.5h6",
  running: "M5 3.8v8.4c0 .5.5.8.9.5l6.3-4.2a.6.6 0 0 0 0-1L5.9 3.3a.6.6 0 0 0-.9.5Z",
  cluster: "M2.8 3.5h10.4v3.6H2.8zM2.8 8.9h10.4v3.6H2.8zM5.2 5.3h.01M5.2 10.7h.01",
  audit: "M4 2.5h6L12.5 5v8.5H4zM6.2 7h4M6.2 9.8h4",
  task: "M3 3h10v10H3zM5.8 8.2l1.6 1.6 3-3.6",
  overview: "M2.8 2.8h4.4v4.4H2.8zM8.8 2.8h4.4v4.4H8.8zM2.8 8.8h4.4v4.4H2.8zM8.8 8.8h4.4v4.4H8.8z",
  search: "M7.2 3a4.2 4.2 0 1 0 0 8.4A4.2 4.2 0 0 0 7.2 3ZM10.4 10.4 13.2 13.2",
  close: "M4.2 4.2l7.6 7.6M11.8 4.2l-7.6 7.6",
  plus: "M8 3.2v9.6M3.2 8h9.6",
  dots: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  down: "M4.2 6.2 8 10l3.8-3.8",
  right: "M6.2 4.2 10 8l-3.8 3.8",
  left: "M9.8 4.2 6 8l3.8 3.8",
  up: "M4.2 9.8 8 6l3.8 3.8",
  first: "M4.2 4v8M11.8 4.2 8 8l3.8 3.8",
  last: "M11.8 4v8M4.2 4.2 8 8l-3.8 3.8",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6ZM8 1.6v1.2M8 13.2v1.2M1.6 8h1.2M13.2 8h1.2M3.5 3.5l.8.8M11.7 11.7l.8.8M3.5 12.5l.8-.8M11.7 4.3l.8-.8",
  moon: "M13 9.4A5.4 5.4 0 0 1 6.6 3 5.4 5.4 0 1 0 13 9.4Z",
  system: "M2.5 3.2h11v7.4h-11zM5.8 13.2h4.4M8 10.6v2.6",
  columns: "M2.8 3h10.4v10H2.8zM6.3 3v10M9.8 3v10",
  filter: "M2.6 4h10.8M4.8 8h6.4M6.9 12h2.2",
  copy: "M5.6 5.6h7.6v7.6H5.6zM10.4 5.6V2.8H2.8v7.6h2.8",
  check: "M3.2 8.6l3 3 6.6-7.4",
  warn: "M8 2.6 14 13H2ZM8 6.6v3M8 11.3h.01",
  info: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM8 7.4v3.4M8 5.2h.01",
  menu: "M2.6 4.4h10.8M2.6 8h10.8M2.6 11.6h10.8",
  keyboard: "M1.8 4h12.4v8H1.8zM4.2 6.6h.01M6.7 6.6h.01M9.3 6.6h.01M11.8 6.6h.01M5 9.6h6",
  logout: "M6.4 3H3v10h3.4M6.8 8h6.6M10.8 5.2 13.4 8l-2.6 2.8",
  live: "M8 7.2a.8.8 0 1 0 0 1.6.8.8 0 0 0 0-1.6ZM5.3 10.7a3.8 3.8 0 0 1 0-5.4M10.7 5.3a3.8 3.8 0 0 1 0 5.4M3.2 12.8a6.8 6.8 0 0 1 0-9.6M12.8 3.2a6.8 6.8 0 0 1 0 9.6",
  lock: "M4 7.2h8v6H4zM5.6 7.2V5.4a2.4 2.4 0 0 1 4.8 0v1.8",
  grip: "M6 4h.01M10 4h.01M6 8h.01M10 8h.01M6 12h.01M10 12h.01",
} as const;

export type Glyph = keyof typeof paths;

export function Icon({ name, size = 16 }: { name: Glyph; size?: number }): ReactElement {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "dots" || name === "grip" ? 2 : 1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}

/** The mark: a quern stone from above, with its handle. */
export function Mark({ size = 22 }: { size?: number }): ReactElement {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden="true">
      <circle cx="16" cy="16" r="15" fill="var(--accent)" />
      <circle cx="16" cy="16" r="9.5" stroke="var(--on-accent)" strokeWidth="3" />
      <path d="M16 16 24 24.5" stroke="var(--on-accent)" strokeWidth="3" strokeLinecap="round" />
      <circle cx="16" cy="16" r="2.6" fill="var(--on-accent)" />
    </svg>
  );
}
