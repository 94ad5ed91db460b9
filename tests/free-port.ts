import { once } from "node:events";
import { createServer } from "node:net";

/**
 * A port of loopback's that nobody listens on, for what has to be told which one it is to have. Not one that the
 * kernel chooses: those it gives to the next who asks for any (ip_local_port_range in ip(7)).
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 21_000 + Math.floor(Math.random() * 9_000);
    const server = createServer();
    try {
      await once(server.listen(port, "127.0.0.1"), "listening");
      return port;
    } catch {
      // Somebody has it.
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  }
}
