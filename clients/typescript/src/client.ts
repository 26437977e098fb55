import { createClient, type Client, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import type { SecureClientSessionOptions } from "node:http2";
import { baseUrl } from "./endpoint.js";
import { watchEvents, type Notice, type WatchOptions } from "./events.js";
import { MarketDataService } from "./gen/aitrader/v1/market_data_pb.js";
import { ObservabilityService } from "./gen/aitrader/v1/observability_pb.js";
import { RiskService } from "./gen/aitrader/v1/risk_pb.js";
import { SentimentService } from "./gen/aitrader/v1/sentiment_pb.js";
import { TradingService } from "./gen/aitrader/v1/trading_pb.js";
import { retryReads, type RetryOptions } from "./retry.js";
import { traced } from "./trace.js";

/** Where the engine is and how patient to be with it. */
export interface AiTraderOptions {
  /** `host:port`, or a URL. */
  readonly endpoint: string;
  /** Bearer token that names the caller. */
  readonly token: string;
  /** Deadline of a unary call with all its attempts. */
  readonly timeoutMs?: number;
  /** How reads are repeated. */
  readonly retry?: RetryOptions;
  /** Largest answer that is accepted. */
  readonly readBytesMax?: number;
  /** Certificates: `ca` of a private authority, `cert` and `key` for mutual TLS. */
  readonly tls?: Pick<SecureClientSessionOptions, "ca" | "cert" | "key">;
}

/** The engine's services over one connection, which opens with the first call. */
export class AiTrader {
  readonly trading: Client<typeof TradingService>;
  readonly risk: Client<typeof RiskService>;
  readonly sentiment: Client<typeof SentimentService>;
  readonly marketData: Client<typeof MarketDataService>;
  readonly observability: Client<typeof ObservabilityService>;
  readonly #connection: Http2SessionManager;

  constructor(options: AiTraderOptions) {
    const url = baseUrl(options.endpoint);
    const retry = options.retry ?? { attemptsMax: 3, firstMs: 50, mostMs: 1_000 };
    this.#connection = new Http2SessionManager(url, undefined, options.tls);
    const transport = createGrpcTransport({
      baseUrl: url,
      sessionManager: this.#connection,
      interceptors: [bearer(options.token), traced(), retryReads(retry)],
      defaultTimeoutMs: options.timeoutMs ?? 5_000,
      readMaxBytes: options.readBytesMax ?? 16 * 1024 * 1024,
    });
    this.trading = createClient(TradingService, transport);
    this.risk = createClient(RiskService, transport);
    this.sentiment = createClient(SentimentService, transport);
    this.marketData = createClient(MarketDataService, transport);
    this.observability = createClient(ObservabilityService, transport);
  }

  /** Yields events across reconnections: see `watchEvents`. */
  events(options?: WatchOptions): AsyncGenerator<Notice, void, undefined> {
    return watchEvents(this.trading, options);
  }

  /** Closes the connection; calls that still run fail. */
  close(): void {
    this.#connection.abort();
  }
}

function bearer(token: string): Interceptor {
  return (next) => (request) => {
    request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
}
