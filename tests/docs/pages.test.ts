import { it } from "vitest";
import { followPage } from "./follow.ts";

/** What the documents tell a reader to do works, and prints what they say. */
const pages = ["tutorial", "links", "captures", "partitions", "switches", "faults", "consoles", "reach", "kinds"];

it.each(pages)("docs/%s.md", { timeout: 240_000 }, (page) => followPage(`docs/${page}.md`));
