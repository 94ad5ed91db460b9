import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { labError } from "../../topology/index.ts";
import type { Database } from "../data/database.ts";
import type { Caller } from "../identity/callers.ts";
import { derivedId, hashOf } from "../identity/secrets.ts";

/** How long an answer is remembered, in milliseconds. */
export const rememberedMs = 24 * 3600 * 1000;
const longestKey = 200;

/** A request that is answered once. */
export type Keyed = {
  readonly user: string;
  readonly key: string;
  /** What must be the same: method, address and body. */
  readonly request: string;
  readonly now: number;
};

/** The identifier of what a request makes (`newId` of Input). */
export const idFor = ({ user, key, request }: Keyed): string => derivedId(JSON.stringify([user, key, request]));

/** The Idempotency-Key of a request that makes something: as a new resource, or as another version of one. */
export function keyOf(request: FastifyRequest, caller: Caller | undefined, now: number): Keyed | undefined {
  const key = request.headers["idempotency-key"];
  if ((request.method !== "POST" && request.method !== "PUT") || typeof key !== "string" || key === "")
    return undefined;
  const { method, url, body } = request;
  return { user: caller?.user.id ?? "", key, request: `${method} ${url} ${JSON.stringify(body)}`, now };
}

export type Remembered = {
  readonly status: number;
  readonly body: string;
  /** JSON when absent. */
  readonly type?: string;
  /** For the ETag. */
  readonly revision?: number | undefined;
};

/**
 * Answers a request that is sent again with the same `idempotency-key` as it was answered the first time, without
 * doing it again (draft-ietf-httpapi-idempotency-key-header). One that failed is forgotten, and may be tried again.
 *
 * An answer may have a secret in it, such as a new token. So the database has a hash of the key, and the answer
 * only encrypted by what the key is: who reads the database learns nothing.
 *
 * @throws IDEMPOTENCY_KEY_REUSED; BAD_REQUEST for a key that is too long
 */
export async function once(database: Database, by: Keyed, answer: () => Promise<Remembered>): Promise<Remembered> {
  const { user, key, now } = by;
  if (key.length > longestKey)
    throw labError("BAD_REQUEST", { detail: `The Idempotency-Key is longer than ${longestKey} characters.` });
  const request = hashOf(by.request);
  const hash = hashOf(key);
  await database
    .deleteFrom("idempotency_keys")
    .where("created_at", "<", now - rememberedMs)
    .execute();
  const done = await database
    .insertInto("idempotency_keys")
    .values({ user_id: user, key: hash, request, status: null, answer: null, created_at: now })
    .onConflict((conflict) => conflict.columns(["user_id", "key"]).doNothing())
    .executeTakeFirst();
  const mine = () => database.updateTable("idempotency_keys").where("user_id", "=", user).where("key", "=", hash);
  if (done.numInsertedOrUpdatedRows !== 1n) {
    const known = await database
      .selectFrom("idempotency_keys")
      .selectAll()
      .where("user_id", "=", user)
      .where("key", "=", hash)
      .executeTakeFirst();
    if (known === undefined || known.request !== request || known.status === null || known.answer === null)
      throw labError("IDEMPOTENCY_KEY_REUSED", { key });
    return JSON.parse(opened(known.answer, key)) as Remembered;
  }
  try {
    const made = await answer();
    await mine()
      .set({ status: made.status, answer: sealed(JSON.stringify(made), key) })
      .execute();
    return made;
  } catch (error) {
    await database.deleteFrom("idempotency_keys").where("user_id", "=", user).where("key", "=", hash).execute();
    throw error;
  }
}

/** Forgets what a server before this one began to answer, and never did: it may be sent again. */
export async function forgetUnanswered(database: Database): Promise<void> {
  await database.deleteFrom("idempotency_keys").where("status", "is", null).execute();
}

const cipher = "aes-256-gcm";
const keyFrom = (key: string, salt: Buffer) => Buffer.from(hkdfSync("sha256", key, salt, "netwright-answer", 32));
const saltBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;

function sealed(text: string, key: string): string {
  const [salt, nonce] = [randomBytes(saltBytes), randomBytes(nonceBytes)];
  const made = createCipheriv(cipher, keyFrom(key, salt), nonce);
  const body = Buffer.concat([made.update(text), made.final()]);
  return Buffer.concat([salt, nonce, made.getAuthTag(), body]).toString("base64");
}

function opened(text: string, key: string): string {
  const bytes = Buffer.from(text, "base64");
  const [salt, rest] = [bytes.subarray(0, saltBytes), bytes.subarray(saltBytes)];
  const made = createDecipheriv(cipher, keyFrom(key, salt), rest.subarray(0, nonceBytes));
  made.setAuthTag(rest.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([made.update(rest.subarray(nonceBytes + tagBytes)), made.final()]).toString();
}
