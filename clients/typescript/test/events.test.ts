import { create, type MessageInitShape } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Code,
  ConnectError,
  StreamEventsResponseSchema,
  TradingService,
  type StreamEventsRequest,
  type WatchOptions,
} from "../src/index.js";
import { TestServer } from "./server.js";

type Message = MessageInitShape<typeof StreamEventsResponseSchema>;
type Script = (asked: StreamEventsRequest, server: TestServer) => AsyncIterable<Message>;

const event = (sequence: bigint): Message => ({
  sequence,
  message: { case: "event", value: { sequence, kind: "OrderAccepted" } },
});
const caughtUp = (sequence: bigint): Message => ({
  sequence,
  message: { case: "caughtUp", value: { sequence } },
});

/** Watches a server that answers its connections by `scripts`, until `count` notices came. */
async function watch(
  scripts: Script[],
  count: number,
  options: WatchOptions = {},
  onNotice: () => void = () => {},
) {
  const asked: StreamEventsRequest[] = [];
  const seen: string[] = [];
  await using server = await TestServer.start((router) =>
    router.service(TradingService, {
      async *streamEvents(request) {
        const script = scripts[asked.push(request) - 1];
        if (script === undefined) throw new ConnectError("one too many", Code.Internal);
        for await (const answer of script(request, server)) {
          yield create(StreamEventsResponseSchema, answer);
        }
      },
    }),
  );
  const patience = { failuresMax: 3, backoff: { firstMs: 1, mostMs: 2 } };
  for await (const { case: kind, value } of server.client.events({ ...patience, ...options })) {
    seen.push(kind === "snapshot" ? value.requestId : `${kind} ${value.sequence}`);
    onNotice();
    if (seen.length === count) break;
  }
  return { seen, asked: asked.map(({ afterSequence, liveOnly }) => ({ afterSequence, liveOnly })) };
}

test("a broken stream resumes after the last event and shows none twice", async () => {
  const { seen, asked } = await watch(
    [
      async function* (_, server) {
        yield event(6n);
        yield event(7n);
        await new Promise((flushed) => setImmediate(flushed));
        server.cut();
      },
      async function* () {
        yield event(7n); // A server that counts from one too early is put up with.
        yield event(8n);
      },
    ],
    3,
    { afterSequence: 5n },
  );

  assert.deepEqual(seen, ["event 6", "event 7", "event 8"]);
  assert.deepEqual(asked, [
    { afterSequence: 5n, liveOnly: false },
    { afterSequence: 7n, liveOnly: false },
  ]);
});

test("a snapshot that was cut short starts anew, a whole one does not", async () => {
  const open: Message = {
    sequence: 4n,
    message: { case: "snapshot", value: { requestId: "open" } },
  };
  const { seen, asked } = await watch(
    [
      async function* () {
        yield open;
      },
      async function* () {
        yield open;
        yield caughtUp(4n);
        yield { sequence: 4n, message: { case: "end", value: { reason: "draining" } } };
      },
      async function* () {
        yield event(5n);
      },
    ],
    4,
  );

  assert.deepEqual(seen, ["open", "open", "caughtUp 4", "event 5"]);
  assert.deepEqual(asked, [
    { afterSequence: 0n, liveOnly: true },
    { afterSequence: 0n, liveOnly: true },
    { afterSequence: 4n, liveOnly: false },
  ]);
});

test("a heartbeat moves the point of resumption", async () => {
  const { asked } = await watch(
    [
      async function* () {
        yield { sequence: 90n, message: { case: "heartbeat", value: {} } };
      },
      async function* () {
        yield event(91n);
      },
    ],
    1,
    { afterSequence: 1n, symbol: "BTCUSDT" },
  );

  assert.deepEqual(asked.at(-1), { afterSequence: 90n, liveOnly: false });
});

test("a silent stream is left for a new one", async () => {
  const speakOnce: Script = async function* ({ afterSequence }) {
    yield event(afterSequence + 1n);
    await new Promise(() => {});
  };
  // One more than needed: on a busy machine even the first word may come too late.
  const { seen, asked } = await watch([speakOnce, speakOnce, speakOnce], 2, {
    afterSequence: 0n,
    silenceMsMax: 200,
  });

  assert.deepEqual(seen, ["event 1", "event 2"]);
  assert.ok(asked.length >= 2);
});

test("only failures in a row are counted", async () => {
  const speakAndEnd: Script = async function* ({ afterSequence }) {
    yield event(afterSequence + 1n);
  };
  const { seen } = await watch(new Array<Script>(6).fill(speakAndEnd), 6, {
    afterSequence: 0n,
    failuresMax: 1,
  });

  assert.equal(seen.at(-1), "event 6");
});

test("failures in a row end the watch with the last of them", async () => {
  const down: Script = async function* () {
    throw new ConnectError("down", Code.Unavailable);
  };
  await assert.rejects(watch([down, down, down, down], 1), /down/);
});

test("what no repetition heals ends the watch at once", async () => {
  const refused: Script = async function* () {
    throw new ConnectError("not yours", Code.PermissionDenied);
  };
  await assert.rejects(watch([refused], 1), /not yours/);
});

test("the caller ends the watch by a signal", async () => {
  const caller = new AbortController();
  const { seen } = await watch(
    [
      async function* () {
        yield event(1n);
        await new Promise(() => {});
      },
    ],
    2,
    { afterSequence: 0n, signal: caller.signal, failuresMax: 0 },
    () => caller.abort(),
  );
  assert.deepEqual(seen, ["event 1"]);
});

test("a caller who breaks off ends the stream at the server", async () => {
  let leave = (): void => {};
  const left = new Promise<void>((resolve) => (leave = resolve));
  await using server = await TestServer.start((router) =>
    router.service(TradingService, {
      async *streamEvents(_, { signal }) {
        signal.addEventListener("abort", () => leave());
        yield create(StreamEventsResponseSchema, event(1n));
        await left;
      },
    }),
  );

  for await (const notice of server.client.events()) {
    assert.equal(notice.case, "event");
    break;
  }
  await left;
});
