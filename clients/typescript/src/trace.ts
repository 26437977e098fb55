import { randomBytes } from "node:crypto";
import { ConnectError, type Interceptor } from "@connectrpc/connect";

const TRACE_ID = "x-trace-id";

/**
 * Gives each call a W3C trace, unless its caller brought one as the header `traceparent`.
 *
 * Whether it is kept the engine decides. A call that fails names it: see `traceIdOf`.
 */
export function traced(): Interceptor {
  return (next) => async (request) => {
    const header = request.header.get("traceparent") ?? `00-${hex(16)}-${hex(8)}-00`;
    request.header.set("traceparent", header);
    const [, traceId = ""] = header.split("-");
    try {
      return await next(request);
    } catch (error) {
      const failure = ConnectError.from(error);
      if (!failure.metadata.has(TRACE_ID)) failure.metadata.set(TRACE_ID, traceId);
      throw failure;
    }
  };
}

/** Finds a failed call in the engine's log and journal. */
export function traceIdOf(error: unknown): string | undefined {
  return ConnectError.from(error).metadata.get(TRACE_ID) ?? undefined;
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}
