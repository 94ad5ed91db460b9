import { labTest } from "netwright/vitest";
import { expect } from "vitest";

const test = labTest(new URL("lab.yaml", import.meta.url));

test("the server answers", async ({ lab }) => {
  const answer = await lab.node("client").http("http://server/");
  expect(answer).toMatchObject({ status: 200, body: "It works.\n" });
});

test("it answers over a bad link too, and not without one", async ({ lab }) => {
  const client = lab.node("client");
  const link = lab.link("client", "server");

  await link.set({ delay: "50ms", loss: "5%" });
  const { ms, status } = await client.http("http://server/");
  expect(status).toBe(200);
  // A handshake and an answer: two round trips.
  expect(ms).toBeGreaterThanOrEqual(200);

  await link.down();
  await expect(client.http("http://server/", { timeoutMs: 1000 })).rejects.toThrow();
});
