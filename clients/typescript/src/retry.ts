import { getOption, hasOption, type DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { pause, type Backoff } from "./backoff.js";
import { http } from "./gen/google/api/annotations_pb.js";

/** How often and how fast a read is repeated. */
export interface RetryOptions extends Backoff {
  /** Calls in all, the first included. */
  readonly attemptsMax: number;
}

/** True for an RPC that the contract maps to GET: it changes nothing, so it may be repeated. */
export function isRead(method: DescMethod): boolean {
  return hasOption(method, http) && getOption(method, http).pattern.case === "get";
}

// No server, or a connection that broke under the call, which the transport calls by the last two.
const TRANSIENT: ReadonlySet<Code> = new Set([Code.Unavailable, Code.Aborted, Code.Canceled]);

/**
 * Repeats unary reads within the deadline of the call; never a write.
 *
 * A write whose answer was lost is the caller's to repeat, with the same `requestId`.
 */
export function retryReads(options: RetryOptions): Interceptor {
  return (next) => async (request) => {
    if (request.stream || !isRead(request.method)) {
      return next(request);
    }
    for (let attempt = 1; ; attempt++) {
      try {
        return await next(request);
      } catch (error) {
        const isOver = attempt >= options.attemptsMax || request.signal.aborted;
        if (isOver || !TRANSIENT.has(ConnectError.from(error).code)) throw error;
      }
      await pause(options, attempt, request.signal);
    }
  };
}
