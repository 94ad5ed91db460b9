import { createHash, randomBytes } from "node:crypto";

const secretBytes = 32;
const idBytes = 9;

/** Cannot be guessed: 256 bits, to be sent in a header or a cookie. */
export const newSecret = (): string => randomBytes(secretBytes).toString("base64url");

/** What is kept of a secret. It has too many bits to be found by trying, so one pass is enough. */
export const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** Of a resource: nobody else has it, and nobody learns from it how many there are. */
export const newId = (): string => randomBytes(idBytes).toString("hex");

/** One that is always the same for the same text. */
export const derivedId = (text: string): string => hashOf(text).slice(0, 2 * idBytes);

/** How a token of the API begins, so that scanners for leaked secrets know it. */
export const tokenPrefix = "nwt_";
