import { QueryClient } from "@tanstack/react-query";
import { expect, it } from "vitest";
import type { LabDetail, LabEvent } from "../../src/api/index.ts";
import { tellOf } from "../../web/src/lab/told.ts";

const queryKey = ["detail", "shop", "triangle"];
const link = { id: "r1:eth0 — r2:eth0", state: "up" };
const known = { nodeStatus: [{ name: "r1", state: "running" }], linkStatus: [link] } as unknown as LabDetail;
const event = (id: number, type: string, subject: string, data?: object) =>
  ({ id, type, subject, message: "", at: "", ...(data === undefined ? {} : { data }) }) as unknown as LabEvent;

it("shows what events say, while an older answer is on its way, and takes nothing for a failure", async () => {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const asked = Promise.withResolvers<LabDetail>();
  client.setQueryData(queryKey, known);
  const answer = client.fetchQuery({ queryKey, queryFn: () => asked.promise }).catch(() => "given up");

  const first = tellOf(client, queryKey, [event(1, "link.down", link.id)]);
  const second = tellOf(client, queryKey, [event(2, "node.changed", "r1", { state: "paused" })]);
  await Promise.all([first, second]);
  asked.resolve(known);
  await answer;

  const { status, fetchStatus, data, error } = client.getQueryState<LabDetail>(queryKey) ?? {};
  expect({ status, fetchStatus, error }).toEqual({ status: "success", fetchStatus: "idle", error: null });
  expect(data?.linkStatus.map(({ state }) => state)).toEqual(["down"]);
  expect(data?.nodeStatus.map(({ state }) => state)).toEqual(["paused"]);
});

it("waits for the first answer of all", async () => {
  const client = new QueryClient();
  const answer = client.fetchQuery({ queryKey, queryFn: async () => known });
  await tellOf(client, queryKey, [event(1, "link.down", link.id)]);
  expect(await answer).toBe(known);
});
