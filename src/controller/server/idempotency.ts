import { labError } from "../../topology/index.ts";
import type { Database } from "../data/database.ts";
import { hashOf } from "../identity/secrets.ts";

/** How long an answer is remembered, in milliseconds. */
const rememberedMs = 24 * 3600 * 1000;

export type Remembered = { readonly status: number; readonly body: string };

/**
 * Answers a request that is sent again with the same `idempotency-key` as it was answered the first time, without
 * doing it again (draft-ietf-httpapi-idempotency-key-header). One that failed is forgotten, and may be tried again.
 *
 * @param request what must be the same: method, address and body
 * @throws IDEMPOTENCY_KEY_REUSED
 */
export async function once(
  database: Database,
  by: { readonly user: string; readonly key: string; readonly request: string; readonly now: number },
  answer: () => Promise<Remembered>,
): Promise<Remembered> {
  const { user, key, now } = by;
  const request = hashOf(by.request);
  await database
    .deleteFrom("idempotency_keys")
    .where("created_at", "<", now - rememberedMs)
    .execute();
  const done = await database
    .insertInto("idempotency_keys")
    .values({ user_id: user, key, request, status: null, answer: null, created_at: now })
    .onConflict((conflict) => conflict.columns(["user_id", "key"]).doNothing())
    .executeTakeFirst();
  const mine = () => database.updateTable("idempotency_keys").where("user_id", "=", user).where("key", "=", key);
  if (done.numInsertedOrUpdatedRows !== 1n) {
    const known = await database
      .selectFrom("idempotency_keys")
      .selectAll()
      .where("user_id", "=", user)
      .where("key", "=", key)
      .executeTakeFirst();
    if (known === undefined || known.request !== request || known.status === null || known.answer === null)
      throw labError("IDEMPOTENCY_KEY_REUSED", { key });
    return { status: known.status, body: known.answer };
  }
  try {
    const made = await answer();
    await mine().set({ status: made.status, answer: made.body }).execute();
    return made;
  } catch (error) {
    await database.deleteFrom("idempotency_keys").where("user_id", "=", user).where("key", "=", key).execute();
    throw error;
  }
}
