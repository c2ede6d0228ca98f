// What tests in TypeScript see of the bare driver.
export interface Bare {
  prepare(sql: string): { all(...values: unknown[]): unknown[]; run(...values: unknown[]): unknown };
  exec(sql: string): void;
  close(): void;
}

export function openBare(path: string, options?: { timeout?: number }): Promise<Bare>;
export function tryLock(database: Bare): boolean;
