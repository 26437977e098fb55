import type { ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { createServer, type Http2Server } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { AiTrader } from "../src/index.js";

/** A gRPC server on a free loopback port, with a client that knows it. */
export class TestServer implements AsyncDisposable {
  readonly client: AiTrader;
  readonly #server: Http2Server;
  readonly #connections: Set<Socket>;

  private constructor(server: Http2Server, connections: Set<Socket>) {
    this.#server = server;
    this.#connections = connections;
    const { port } = server.address() as AddressInfo;
    this.client = new AiTrader({
      endpoint: `127.0.0.1:${port}`,
      token: "test-token",
      timeoutMs: 2_000,
      retry: { attemptsMax: 3, firstMs: 1, mostMs: 2 },
    });
  }

  static async start(routes: (router: ConnectRouter) => void): Promise<TestServer> {
    const server = createServer(connectNodeAdapter({ routes }));
    const connections = new Set<Socket>();
    server.on("connection", (socket: Socket) => connections.add(socket));
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return new TestServer(server, connections);
  }

  /** Breaks every connection under the calls that run on it. */
  cut(): void {
    for (const connection of this.#connections) connection.destroy();
    this.#connections.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    this.cut();
    await new Promise((closed) => this.#server.close(closed));
  }
}
