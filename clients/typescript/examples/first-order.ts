/**
 * Places a limit order at the best bid, watches until the venue has it, and cancels it.
 *
 *   AITRADER_TOKEN_FILE=state/token npm run first-order -- 127.0.0.1:50051
 *
 * The token comes from a file or from AITRADER_TOKEN: arguments are for all to see.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { AiTrader, ConnectError, OrderState, OrderType, Side, type Order } from "../src/index.js";

const USAGE =
  "usage: first-order ENDPOINT [SYMBOL [QUANTITY]], with AITRADER_TOKEN_FILE or AITRADER_TOKEN set";
const WAIT_MS_MAX = 30_000;

const WORKING = new Set([OrderState.ACCEPTED, OrderState.TRIGGERED, OrderState.PARTIALLY_FILLED]);
const OVER = new Set([
  OrderState.DENIED,
  OrderState.REJECTED,
  OrderState.FILLED,
  OrderState.CANCELED,
  OrderState.EXPIRED,
  OrderState.LOST,
]);

/** Answers the state in which the venue has the order, or in which it ended. */
async function watch(client: AiTrader, order: Order, after: bigint): Promise<OrderState> {
  const signal = AbortSignal.timeout(WAIT_MS_MAX);
  for await (const notice of client.events({ afterSequence: after, signal })) {
    if (notice.case !== "event" || notice.value.requestId !== order.requestId) continue;
    const { sequence, kind, state } = notice.value;
    console.log(`event ${sequence}: ${kind}, order is ${OrderState[state]}`);
    if (WORKING.has(state) || OVER.has(state)) return state;
  }
  throw new Error(`no word from the venue about ${order.requestId} in ${WAIT_MS_MAX} ms`);
}

async function placeWatchCancel(client: AiTrader, symbol: string, quantity: string) {
  const { environment, gateway, sequence } = await client.trading.getStatus({});
  console.log(`connected: ${gateway}, ${environment}`);

  const { quote } = await client.marketData.getQuote({ symbol });
  if (quote === undefined || quote.bid === "") throw new Error(`no bid for ${symbol}`);

  // Chosen here, so that the same order can be sent again if the answer is lost.
  const requestId = randomUUID();
  const { order } = await client.trading.placeOrder({
    requestId,
    symbol,
    side: Side.BUY,
    orderType: OrderType.LIMIT,
    quantity,
    limitPrice: quote.bid, // Text from the venue, on its price step: no number is made of it.
  });
  if (order === undefined) throw new Error("the engine answered without an order");
  console.log(`placed ${requestId}: buy ${quantity} ${symbol} at ${quote.bid}`);

  const state = await watch(client, order, sequence);
  if (OVER.has(state)) {
    console.log(`nothing to cancel: the order is ${OrderState[state]}`);
    return;
  }
  const answer = await client.trading.cancelOrder({ requestId });
  const now = OrderState[answer.order?.state ?? OrderState.UNSPECIFIED];
  const executed = answer.order?.cumulativeQuantity ?? "";
  console.log(`cancelled: ${answer.cancelled}, order is ${now}, executed ${executed}`);
}

/** Answers the token that the environment names, if it does. */
function findToken(): string | undefined {
  const file = process.env["AITRADER_TOKEN_FILE"];
  return file === undefined ? process.env["AITRADER_TOKEN"] : readFileSync(file, "utf8").trim();
}

const [endpoint, symbol = "BTCUSDT", quantity = "0.001"] = process.argv.slice(2);
const token = findToken();
if (endpoint === undefined || token === undefined) {
  console.error(USAGE);
  process.exit(2);
}
const client = new AiTrader({ endpoint, token });
try {
  await placeWatchCancel(client, symbol, quantity);
} catch (error) {
  console.error(error instanceof ConnectError ? error.message : error);
  process.exitCode = 1;
} finally {
  client.close();
}
