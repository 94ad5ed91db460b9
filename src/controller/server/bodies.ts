import type { FastifyInstance } from "fastify";
import { labError } from "../../topology/index.ts";

const nul = String.fromCharCode(0);

/** Bodies are JSON and nothing else, so that no form of another page's passes for one. */
export function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, text, done) => {
    try {
      done(null, text === "" ? undefined : parseJson(String(text)));
    } catch (error) {
      done(error as Error);
    }
  });
}

/** @throws BAD_REQUEST */
function parseJson(text: string): unknown {
  let hasNul = false;
  // The database takes no zero character (PostgreSQL documentation, 8.3), and nothing has a use for one.
  const look = (key: string, value: unknown): unknown => {
    if (key.includes(nul) || (typeof value === "string" && value.includes(nul))) hasNul = true;
    return value;
  };
  try {
    const value: unknown = text.includes("\\u0000") ? JSON.parse(text, look) : JSON.parse(text);
    if (!hasNul) return value;
  } catch (error) {
    throw labError("BAD_REQUEST", { detail: `The body is not JSON: ${(error as Error).message}.` }, { cause: error });
  }
  throw labError("BAD_REQUEST", { detail: "There is a zero character in the body." });
}

/** @throws BAD_REQUEST for a zero character in an address */
export function requireNoNul(url: string): void {
  if (url.includes("%00")) throw labError("BAD_REQUEST", { detail: "There is a zero character in the address." });
}
