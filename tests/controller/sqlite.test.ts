import { describe } from "vitest";
import { tryApi } from "./api.ts";
import { TestServer } from "./test-server.ts";

describe("a server with SQLite", () => tryApi(() => TestServer.start()));
