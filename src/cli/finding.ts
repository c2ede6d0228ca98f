// What one check of the doctor found.

export interface Finding {
  check: string;
  status: "ok" | "warn" | "fail";
  found: string;
  /** What to do about it. */
  advice?: string;
}

export function ok(check: string, found: string): Finding {
  return { check, status: "ok", found };
}

export function warn(check: string, found: string, advice: string): Finding {
  return { check, status: "warn", found, advice };
}

export function fail(check: string, found: string, advice: string): Finding {
  return { check, status: "fail", found, advice };
}
