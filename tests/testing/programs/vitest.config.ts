import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["tests/testing/programs/*.vitest.ts"], root: `${import.meta.dirname}/../../..` },
});
