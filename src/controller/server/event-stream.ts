import type { FastifyReply } from "fastify";

/** How often a quiet event stream says that it is there, for proxies that end what is quiet. */
const heartbeatMs = 20_000;

/** What is not kept has no id: who comes back does not get it again (WHATWG HTML, 9.2.6). */
export type StreamedEvent = { readonly id?: number };

/** Answers with server-sent events (WHATWG HTML, 9.2), at the pace of who reads. */
export function sendEvents(reply: FastifyReply, events: AsyncIterable<StreamedEvent>): void {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    ...Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)])),
    "content-type": "text/event-stream",
  });
  const heartbeat = setInterval(() => raw.write(": still here\n\n"), heartbeatMs);
  raw.write(": hello\n\n");
  const send = async () => {
    for await (const event of events) {
      // A reader that is slow makes this wait, and what it has not read stays in the database.
      const id = event.id === undefined ? "" : `id: ${event.id}\n`;
      if (!raw.write(`${id}data: ${JSON.stringify(event)}\n\n`))
        await new Promise((resolve) => {
          raw.once("drain", resolve);
          raw.once("close", resolve);
        });
    }
  };
  void send()
    .catch(() => undefined)
    .finally(() => {
      clearInterval(heartbeat);
      raw.end();
    });
}
