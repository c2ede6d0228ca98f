// The tests of one engine on a real server. Where there is none they are named as not run, and fail if Quern's engines are all required.
import { afterAll, describe, expect, it } from "vitest";
import { NotAvailable, type Server } from "./server.ts";

/**
 * Starts the server before the tests are named: `await describeEngine("PostgreSQL", startPostgres, (url) => …)`. `toCome`: Quern has
 * no such engine yet, so a mirror that is away must not hold up what it has.
 */
export async function describeEngine(
  name: string,
  start: () => Promise<Server>,
  tests: (url: string) => void,
  { toCome = false }: { toCome?: boolean } = {},
): Promise<void> {
  let server: Server | undefined;
  let reason: unknown;
  try {
    server = await start();
  } catch (error) {
    reason = error;
  }
  if (server !== undefined) {
    const { url, what, stop } = server;
    describe(`on ${what}`, () => {
      afterAll(stop);
      tests(url);
    });
    return;
  }
  const sentence = `${name} could not be started, so nothing was tested on it: ${(reason as Error).message}`;
  // Only its absence may be a remark. A server that was there and did not start is always a failure.
  const mayBeAbsent = toCome || process.env.QUERN_REQUIRE_ENGINES !== "1";
  const required = !mayBeAbsent || !(reason instanceof NotAvailable);
  if (required) it(`${name} is there to be tested on`, () => expect.fail(sentence));
  else it.skip(sentence, () => undefined);
}
