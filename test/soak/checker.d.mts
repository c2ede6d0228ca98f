// What tests in TypeScript see of the checker.
export interface Verdict {
  violations: string[];
  figures: Record<string, unknown>;
}

export function check(ledgers: Iterable<string>, dump: string): Verdict;
