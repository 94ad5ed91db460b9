import { statSync } from "node:fs";
import { request } from "node:http";
import { json, text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { matchPath } from "../../src/api/path-pattern.ts";
import { pair, RunningLab } from "./running-lab.ts";

let running: RunningLab;
beforeAll(async () => {
  running = await RunningLab.up(pair("api"));
});
afterAll(() => running[Symbol.asyncDispose]());

/** Asks the lab's socket by hand, for what no client of ours would ask. */
async function ask(method: string, path: string, body?: string | Buffer) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; type: string; answer: unknown }>();
  const asked = request({ socketPath: running.client.socket as string, method, path }, (response) => {
    const { statusCode: status = 0, headers } = response;
    const type = headers["content-type"] ?? "";
    (type.endsWith("json") ? json(response) : text(response)).then(
      (answer) => resolve({ status, type, answer }),
      reject,
    );
  });
  asked.on("error", reject);
  asked.end(body);
  return promise;
}

describe("the lab API", () => {
  it("is on a socket that only its owner can open", () => {
    const status = statSync(running.client.socket as string);
    expect(status.isSocket()).toBe(true);
    expect(status.mode & 0o777).toBe(0o600);
  });

  it("answers in JSON", async () => {
    expect(await ask("GET", "/v1/summary")).toMatchObject({
      status: 200,
      type: "application/json",
      answer: { name: "api", state: "running", nodes: 2 },
    });
  });

  it.each([
    ["a path that is not there", "GET", "/v1/nothing", undefined, "NOT_FOUND", "There is nothing at /v1/nothing."],
    ["another method", "PUT", "/v1/lab", undefined, "METHOD_NOT_ALLOWED", "/v1/lab can be asked for with GET, DELETE."],
    ["exec without a WebSocket", "GET", "/v1/nodes/h1/exec", undefined, "NOT_FOUND", "There is nothing at"],
    ["a body that is no JSON", "POST", "/v1/nodes/h1/action", "{", "BAD_REQUEST", "The body is not JSON"],
    ["a body of another shape", "POST", "/v1/nodes/h1/action", `{"action":"dance"}`, "BAD_REQUEST", "action"],
    ["a field that is unknown", "POST", "/v1/nodes/h1/action", `{"action":"stop","by":1}`, "BAD_REQUEST", "by"],
    ["a query of another shape", "GET", "/v1/events?follow=perhaps", undefined, "BAD_REQUEST", "follow"],
    ["a malformed escape", "GET", "/v1/nodes/%zz", undefined, "BAD_REQUEST", "URI"],
  ])("refuses %s with a problem", async (_, method, path, body, code, detail) => {
    const status = { NOT_FOUND: 404, METHOD_NOT_ALLOWED: 405 }[code] ?? 400;
    expect(await ask(method, path, body)).toEqual({
      status,
      type: "application/problem+json",
      answer: expect.objectContaining({ status, code, detail: expect.stringContaining(detail) }),
    });
  });

  it("refuses a body that is too long, and goes on", async () => {
    const tooLong = Buffer.alloc(64 * 1024 * 1024 + 1, " ");
    const refused = await ask("POST", "/v1/apply", tooLong).catch((error: NodeJS.ErrnoException) => error.code);
    // The answer comes while the body is still being sent; the client may notice that nobody reads it first.
    expect([expect.objectContaining({ status: 413 }), "EPIPE", "ECONNRESET"]).toContainEqual(refused);
    expect((await ask("GET", "/v1/summary")).status).toBe(200);
  });

  it("tells errors of the catalogue with their code and remedy", async () => {
    expect(await ask("GET", "/v1/nodes/h3")).toMatchObject({
      status: 404,
      answer: { code: "NODE_NOT_FOUND", type: "urn:netwright:error:NODE_NOT_FOUND" },
    });
  });

  it("refuses to upgrade what is no exec", async () => {
    const headers = { connection: "upgrade", upgrade: "websocket" };
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    const asked = request({ socketPath: running.client.socket as string, path: "/v1/summary", headers }, (response) =>
      resolve(response.statusCode),
    );
    asked.on("error", reject);
    asked.end();
    expect(await promise).toBe(404);
  });
});

describe("a path", () => {
  it("matches part by part, with parameters decoded", () => {
    expect(matchPath("/v1/lab", "/v1/lab")).toEqual({});
    expect(matchPath("/v1/links/:link/state", "/v1/links/a%3Aeth0%20%E2%80%94%20b%2F1/state")).toEqual({
      link: "a:eth0 — b/1",
    });
    for (const other of ["/v1/links//state", "/v1/links/x/y/state", "/v1/links/x", "/v1/links/x/State", "/"])
      expect(matchPath("/v1/links/:link/state", other)).toBeUndefined();
  });
});
