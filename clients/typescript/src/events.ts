import { Code, ConnectError, type Client } from "@connectrpc/connect";
import { pause, type Backoff } from "./backoff.js";
import type { StreamEventsResponse, TradingService } from "./gen/aitrader/v1/trading_pb.js";

/** What to watch, and when to give up. */
export interface WatchOptions {
  /** Replay what came after this sequence; left out, the open orders come first as a snapshot. */
  readonly afterSequence?: bigint;
  /** Only these kinds, e.g. `OrderFilled`; left out, all. */
  readonly kinds?: readonly string[];
  /** Only this symbol; left out, all. */
  readonly symbol?: string;
  /** Ends the watch. */
  readonly signal?: AbortSignal;
  /** A stream that says nothing for so long is dead; must exceed the server's heartbeat. */
  readonly silenceMsMax?: number;
  /** Failures in a row after which the last one is thrown. */
  readonly failuresMax?: number;
  /** Waits between reconnections. */
  readonly backoff?: Backoff;
}

/** An event, an open order of the snapshot, or the mark where the present begins. */
export type Notice = Extract<
  StreamEventsResponse["message"],
  { case: "event" | "snapshot" | "caughtUp" }
>;

// No repetition heals these; all else is a server or a network that may come back.
const PERMANENT: ReadonlySet<Code> = new Set([
  Code.InvalidArgument,
  Code.NotFound,
  Code.PermissionDenied,
  Code.FailedPrecondition,
  Code.OutOfRange,
  Code.Unimplemented,
  Code.DataLoss,
  Code.Unauthenticated,
]);

/**
 * Yields every event once and in order, over as many connections as it takes.
 *
 * A stream that breaks, falls silent or is ended by the server is resumed after the last event.
 * A snapshot that was cut short starts anew, so an open order may come twice; `caughtUp` comes
 * once a connection.
 */
export async function* watchEvents(
  trading: Client<typeof TradingService>,
  options: WatchOptions = {},
): AsyncGenerator<Notice, void, undefined> {
  const { signal, failuresMax = 10, backoff = { firstMs: 100, mostMs: 5_000 } } = options;
  const isOver = (): boolean => signal?.aborted === true;
  let last = options.afterSequence;
  for (let failures = 0; !isOver(); ) {
    let failure = new ConnectError("the server ended the event stream", Code.Unavailable);
    try {
      for await (const { message, sequence } of connection(trading, options, last)) {
        failures = 0;
        if (message.case === "event") {
          if (last !== undefined && message.value.sequence <= last) continue;
          last = message.value.sequence;
          yield message;
        } else if (message.case === "caughtUp") {
          last = message.value.sequence;
          yield message;
        } else if (message.case === "snapshot") {
          yield message;
        } else if (message.case === "heartbeat" && last !== undefined && sequence > last) {
          last = sequence; // Events that the filter held back need not be read again.
        } else if (message.case === "end") {
          failure = new ConnectError(`the server ended the event stream: ${message.value.reason}`);
          break;
        }
      }
    } catch (error) {
      failure = ConnectError.from(error);
    }
    if (isOver()) return;
    if (PERMANENT.has(failure.code) || ++failures > failuresMax) throw failure;
    await pause(backoff, failures, signal);
  }
}

/** One stream from the server, which ends with an error when it is silent for too long. */
async function* connection(
  trading: Client<typeof TradingService>,
  { kinds = [], symbol = "", signal, silenceMsMax = 45_000 }: WatchOptions,
  last: bigint | undefined,
): AsyncGenerator<StreamEventsResponse, void, undefined> {
  const silence = new AbortController();
  const stream = trading.streamEvents(
    { kinds: [...kinds], symbol, liveOnly: last === undefined, afterSequence: last ?? 0n },
    {
      signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
      timeoutMs: 0, // A watch has no deadline; the limit on silence bounds it.
    },
  );
  const messages = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      // Only the wait counts, not the time that the caller takes between two messages.
      const timer = setTimeout(() => silence.abort(), silenceMsMax);
      const result = await messages.next().finally(() => clearTimeout(timer));
      if (result.done === true) return;
      yield result.value;
    }
  } finally {
    silence.abort(); // Tells the server that nobody reads any more.
  }
}
