// Runs what is queued right here, for tests of applications: no cluster, no worker, no waiting.
import { type Client, clientKey } from "../client/client.ts";
import { drain as drainClient } from "../client/drain.ts";

/**
 * Runs every ready task of the Quern (of these queues, or of all), one after another in this process, also those that they enqueue
 * meanwhile. Answers how many attempts it ran; what is due later stays in the queue. A task that fails does not make this fail.
 */
export function drain(quern: { readonly [clientKey]: Client }, queues?: readonly string[]): Promise<number> {
  return drainClient(quern[clientKey], queues);
}
