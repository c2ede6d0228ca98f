// What a command says when it can't do what it was asked, and the exit code that goes with it.

/** 1: it could not be done. 2: it was asked in the wrong way. */
export type FailureCode = 1 | 2;

export class Refusal extends Error {
  readonly exitCode: FailureCode;

  constructor(sentence: string, exitCode: FailureCode = 1) {
    super(sentence);
    this.exitCode = exitCode;
  }
}

/** For commands that start a cluster. */
export function refuseWindows(platform: string = process.platform): void {
  if (platform === "win32")
    throw new Refusal("a cluster does not run on Windows yet. Use WSL, or workers: 0 in your own process.");
}
