import { afterAll, describe, it } from "vitest";
import { tryApi } from "./api.ts";
import { TestPostgres } from "./postgres.ts";
import { TestServer } from "./test-server.ts";

const missing = TestPostgres.unavailable();
let postgres: TestPostgres | undefined;
afterAll(() => postgres?.[Symbol.asyncDispose]());

if (missing === undefined) {
  describe("a server with PostgreSQL", () =>
    tryApi(async () => {
      postgres = await TestPostgres.start();
      return TestServer.start(postgres.address);
    }));
} else it("a server with PostgreSQL", ({ skip }) => skip(missing));
