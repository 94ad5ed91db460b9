import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { TestServer, until } from "./test-server.ts";

const lab = "nodes: {h1: {}, h2: {}}\nlinks: [[h1, h2]]\n";

async function use(server: TestServer): Promise<void> {
  const root = await server.signIn("root", "root's password");
  await server.call("POST", "/projects", { headers: root, body: { name: "secret-project" } });
  server.agent.failsNext = true;
  for (const name of ["fails-lab", "runs-lab"]) {
    await server.call("POST", "/projects/secret-project/labs", { headers: root, body: { name, text: lab } });
    await until(
      () => server.call("GET", `/projects/secret-project/labs/${name}`, { headers: root }),
      ({ body }) => body.state === "running" || body.state === "failed",
    );
  }
}
const scrape = async (server: TestServer, token?: string) => {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${server.address}/metrics`, { headers: { ...headers, accept: "text/plain" } });
  return { status: response.status, type: response.headers.get("content-type"), said: await response.text() };
};

it("tells who has the token how much there is, and nobody anything when it is not asked for", async () => {
  await using off = await TestServer.start();
  expect((await scrape(off, "anything")).status).toBe(404);
  await using server = await TestServer.start(undefined, undefined, { metrics: { token: "a-token-of-Prometheus's" } });
  await use(server);
  expect([(await scrape(server)).status, (await scrape(server, "wrong")).status]).toEqual([401, 401]);
  const { status, type, said } = await scrape(server, "a-token-of-Prometheus's");
  expect([status, type]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  for (const line of [
    'netwright_labs{state="running"} 1',
    'netwright_labs{state="failed"} 1',
    "netwright_nodes 2",
    "netwright_projects 1",
    "netwright_users 1",
    'netwright_deploys_total{result="ok"} 1',
    'netwright_deploys_total{result="failed"} 1',
    'netwright_deploy_duration_seconds_bucket{le="+Inf"} 1',
    "netwright_deploy_duration_seconds_count 1",
    'netwright_http_requests_total{status="4xx"} 2',
  ])
    expect(said.split("\n")).toContain(line);
  expect(said).not.toMatch(/secret-project|runs-lab|fails-lab|root/);
  // Every line is a comment or a sample.
  expect(
    said
      .trim()
      .split("\n")
      .filter(
        (line) => !/^(?:# (?:HELP|TYPE) netwright_\w+ .+|netwright_\w+(?:\{\w+="[^"]*"\})? [\d.e+-]+)$/.test(line),
      ),
  ).toEqual([]);
});

it("sends them to a sink, by OTLP, and says once when it is gone", async () => {
  const bodies: { headers: Record<string, unknown>; body: Record<string, unknown> }[] = [];
  let status = 200;
  const sink = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push({ headers: request.headers, body: JSON.parse(body) });
      response.writeHead(status).end("{}");
    });
  });
  await once(sink.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(sink.address() as AddressInfo).port}/v1/metrics`;
  await using server = await TestServer.start(undefined, undefined, {
    metrics: { otlp: { url, token: "sink-token", everyMs: 30 } },
  });
  // A token for the sink is none for who asks here.
  expect((await scrape(server, "sink-token")).status).toBe(404);
  await use(server);
  type Measure = {
    name: string;
    gauge?: Points;
    sum?: Points & { isMonotonic: boolean };
    histogram?: { dataPoints: { count: string; bucketCounts: string[]; explicitBounds: number[] }[] };
  };
  type Points = { dataPoints: { asInt: string; attributes: { value: { stringValue: string } }[] }[] };
  const measures = (at: number) =>
    (bodies.at(at)?.body as { resourceMetrics: { scopeMetrics: { metrics: Measure[] }[] }[] } | undefined)
      ?.resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? [];
  const last = await until(
    () => Promise.resolve(measures(-1)),
    (all) => all.find(({ name }) => name === "netwright_labs")?.gauge?.dataPoints.length === 2,
  );
  expect(last.find(({ name }) => name === "netwright_nodes")?.gauge?.dataPoints[0]?.asInt).toBe("2");
  expect(last.find(({ name }) => name === "netwright_deploys_total")?.sum).toMatchObject({
    isMonotonic: true,
    aggregationTemporality: 2,
  });
  const [duration] = last.find(({ name }) => name === "netwright_deploy_duration_seconds")?.histogram?.dataPoints ?? [];
  expect(duration?.count).toBe("1");
  expect(duration?.bucketCounts.length).toBe((duration?.explicitBounds.length ?? 0) + 1);
  expect(bodies[0]?.headers).toMatchObject({ "content-type": "application/json", authorization: "Bearer sink-token" });
  expect(JSON.stringify(bodies)).not.toMatch(/secret-project|runs-lab|fails-lab|root/);
  status = 503;
  const before = bodies.length;
  await until(
    () => Promise.resolve(bodies.length),
    (count) => count > before + 3,
  );
  expect(server.faults.map(String)).toEqual([`Error: ${url} answers with status 503`]);
  server.faults.length = 0;
  await server.shut();
  const after = bodies.length;
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(bodies.length - after).toBeLessThanOrEqual(1);
  sink.closeAllConnections();
  sink.close();
});
