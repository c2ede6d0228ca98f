// Where it is kept that a queue is paused: a row of meta each, so that they can be listed without counting tasks.
export const pausedPrefix = "paused:";

export const pausedKey = (queue: string): string => `${pausedPrefix}${queue}`;
