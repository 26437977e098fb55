import { setTimeout as sleep } from "node:timers/promises";

/** How long to wait between attempts: doubling from `firstMs` to `mostMs`. */
export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
}

/**
 * Waits before attempt `attempt` (1 is the first repetition), or until `signal` aborts.
 *
 * The wait is drawn evenly from zero to the bound, so that clients which fell together do not
 * return together.
 */
export async function pause(
  backoff: Backoff,
  attempt: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const mostMs = Math.min(backoff.firstMs * 2 ** (attempt - 1), backoff.mostMs);
  try {
    await sleep(Math.random() * mostMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}
