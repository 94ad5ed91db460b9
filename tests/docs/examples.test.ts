import { readdirSync } from "node:fs";
import { join } from "node:path";
import { it } from "vitest";
import { followPage, root } from "./follow.ts";

/** What the README of each example tells a reader to do works, and prints what it says. */
// What installs packages is not for here; the test of that example runs (programs.test.ts).
const examples = readdirSync(join(root, "examples")).filter((example) => example !== "tested-server");

it.each(examples)("examples/%s/README.md", { timeout: 240_000 }, (example) =>
  followPage(`examples/${example}/README.md`, example),
);
