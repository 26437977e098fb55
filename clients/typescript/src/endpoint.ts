const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Turns `host:port` or a URL into the base URL of the transport.
 *
 * Without a scheme, this machine is spoken to in clear text and any other by TLS.
 * Clear text to another machine would show it the token, so it is an error.
 */
export function baseUrl(endpoint: string): string {
  const given = endpoint.includes("://");
  const url = new URL(given ? endpoint : `http://${endpoint}`);
  const here = LOOPBACK.has(url.hostname);
  if (!given) return here ? `http://${endpoint}` : `https://${endpoint}`;
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new TypeError(`${endpoint}: give host:port, or a URL that starts with https://`);
  }
  if (url.protocol === "http:" && !here) {
    throw new TypeError(`${endpoint}: clear text would show the token; use https://${url.host}`);
  }
  return endpoint;
}
