// What tests in TypeScript see of the sabotages.
export const sabotages: Record<string, unknown>;

export function sabotaged(dist: string, name: string): { dist: string; remove(): void };
