import { describe } from "vitest";
import { tryApi } from "./api.ts";
import { tryLasting } from "./lasting.ts";
import { tryPolicy } from "./policy.ts";
import { TestServer } from "./test-server.ts";

describe("a server with SQLite", () => {
  tryApi(() => TestServer.start());
  tryPolicy(() => TestServer.start());
  tryLasting(() => TestServer.start());
});
