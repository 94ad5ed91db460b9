import { afterAll, describe, it } from "vitest";
import { tryApi } from "./api.ts";
import { tryGone, tryLasting } from "./lasting.ts";
import { tryPolicy } from "./policy.ts";
import { TestPostgres } from "./postgres.ts";
import { TestServer } from "./test-server.ts";

const missing = TestPostgres.unavailable();
let postgres: TestPostgres | undefined;
afterAll(() => postgres?.[Symbol.asyncDispose]());

if (missing === undefined) {
  describe("a server with PostgreSQL", () => {
    const start = async () => {
      postgres ??= await TestPostgres.start();
      return TestServer.start(await postgres.database());
    };
    describe("and its API", () => tryApi(start));
    describe("and its rules", () => tryPolicy(start));
    describe("and what lasts", () => tryLasting(start));
    tryGone(async () => {
      const server = await start();
      return { server, stop: async () => postgres?.stop(), back: async () => postgres?.run() };
    });
  });
} else it("a server with PostgreSQL", ({ skip }) => skip(missing));
