import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AiTrader,
  Code,
  ConnectError,
  Contingency,
  OrderType,
  Side,
  TradingService,
  traceIdOf,
} from "../src/index.js";
import { TestServer } from "./server.js";

const ORDER = { symbol: "BTCUSDT", side: Side.BUY, orderType: OrderType.LIMIT };

function failsWith(code: Code): (error: unknown) => boolean {
  return (error) => ConnectError.from(error).code === code;
}

test("a call carries the token and its deadline", async () => {
  let token: string | null = null;
  let leftMs: number | undefined;
  await using server = await TestServer.start((router) =>
    router.service(TradingService, {
      getStatus: (_, context) => {
        token = context.requestHeader.get("authorization");
        leftMs = context.timeoutMs();
        return { version: "1" };
      },
    }),
  );

  assert.equal((await server.client.trading.getStatus({})).version, "1");
  assert.equal(token, "Bearer test-token");
  assert.ok(leftMs !== undefined && leftMs > 0 && leftMs <= 2_000);
});

test("a call and its attempts are one trace, which its failure names", async () => {
  const seen: string[] = [];
  await using server = await TestServer.start((router) =>
    router.service(TradingService, {
      getStatus: (_, context) => {
        seen.push(context.requestHeader.get("traceparent") ?? "");
        throw new ConnectError("starting", Code.Unavailable);
      },
    }),
  );

  let traceId: string | undefined;
  await assert.rejects(server.client.trading.getStatus({}), (error) => {
    traceId = traceIdOf(error);
    return true;
  });
  assert.equal(seen.length, 3);
  for (const header of seen) assert.match(header, new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));

  const headers = { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` };
  await assert.rejects(server.client.trading.getStatus({}, { headers }), (error) => {
    assert.equal(traceIdOf(error), "a".repeat(32));
    return true;
  });
  assert.equal(seen[3], headers.traceparent);
});

test("a read is repeated while the server is unavailable, as often as allowed", async () => {
  let calls = 0;
  let failures = 2;
  await using server = await TestServer.start((router) =>
    router.service(TradingService, {
      getStatus: () => {
        calls++;
        if (failures-- > 0) throw new ConnectError("starting", Code.Unavailable);
        return {};
      },
    }),
  );

  await server.client.trading.getStatus({});
  assert.equal(calls, 3);

  calls = 0;
  failures = 3;
  await assert.rejects(server.client.trading.getStatus({}), failsWith(Code.Unavailable));
  assert.equal(calls, 3);
});

test("a read whose connection broke is repeated", async () => {
  let calls = 0;
  await using server = await TestServer.start((router) =>
    router.service(TradingService, {
      getStatus: async () => {
        if (++calls === 1) {
          server.cut();
          await new Promise(() => {}); // Its connection is gone: nobody waits for an answer.
        }
        return {};
      },
    }),
  );

  await server.client.trading.getStatus({});
  assert.equal(calls, 2);
});

test("a write is never repeated, nor is a read that was refused", async () => {
  let calls = 0;
  await using server = await TestServer.start((router) =>
    router.service(TradingService, {
      placeOrder: () => {
        calls++;
        throw new ConnectError("starting", Code.Unavailable);
      },
      getOrder: () => {
        calls++;
        throw new ConnectError("no", Code.PermissionDenied);
      },
    }),
  );

  await assert.rejects(server.client.trading.placeOrder(ORDER), failsWith(Code.Unavailable));
  assert.equal(calls, 1);
  const read = server.client.trading.getOrder({ requestId: "r" });
  await assert.rejects(read, failsWith(Code.PermissionDenied));
  assert.equal(calls, 2);
});

test("a call ends at its deadline, with all its attempts", async () => {
  await using server = await TestServer.start((router) =>
    router.service(TradingService, { getStatus: () => new Promise(() => {}) }),
  );

  const call = server.client.trading.getStatus({}, { timeoutMs: 50 });
  await assert.rejects(call, failsWith(Code.DeadlineExceeded));
});

test("amounts stay the text that was sent", async () => {
  await using server = await TestServer.start((router) =>
    router.service(TradingService, {
      placeOrder: (request) => ({ order: { quantity: request.quantity } }),
    }),
  );

  const quantity = "0.100000000000000001";
  const { order } = await server.client.trading.placeOrder({ ...ORDER, quantity });
  assert.equal(order?.quantity, quantity);
});

test("orders that depend on each other go in one call, and a change is never repeated", async () => {
  let changes = 0;
  await using server = await TestServer.start((router) =>
    router.service(TradingService, {
      placeOrder: (request) => ({
        order: { requestId: request.requestId, contingency: request.contingency },
        legs: request.legs.map((leg) => ({ orderType: leg.orderType, stopPrice: leg.stopPrice })),
      }),
      replaceOrder: () => {
        changes++;
        throw new ConnectError("starting", Code.Unavailable);
      },
    }),
  );

  const { order, legs } = await server.client.trading.placeOrder({
    ...ORDER,
    contingency: Contingency.OTO,
    legs: [{ orderType: OrderType.STOP_LOSS, stopPrice: "63000.00" }],
  });
  assert.equal(order?.contingency, Contingency.OTO);
  assert.deepEqual(
    legs.map((leg) => [leg.orderType, leg.stopPrice]),
    [[OrderType.STOP_LOSS, "63000.00"]],
  );

  const change = server.client.trading.replaceOrder({ requestId: "r", limitPrice: "1" });
  await assert.rejects(change, failsWith(Code.Unavailable));
  assert.equal(changes, 1);
});

test("the token is not sent in clear text to another machine", () => {
  for (const endpoint of ["http://engine.example:50051", "ftp://engine.example"]) {
    assert.throws(() => new AiTrader({ endpoint, token: "t" }), TypeError, endpoint);
  }
  for (const endpoint of ["engine.example:50051", "https://engine.example", "http://[::1]:1"]) {
    new AiTrader({ endpoint, token: "t" }).close();
  }
});
