// What tests in TypeScript see of the dump.
export function dump(path: string): Promise<string>;
