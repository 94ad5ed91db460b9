import type * as z from "zod";
import type { ControllerRouteName, ControllerRoutes, Role } from "../../api/index.ts";
import type { Tables } from "../data/tables.ts";
import type { Caller, UserRow } from "../identity/callers.ts";
import type { IfMatch } from "./if-match.ts";

export type ProjectRow = Tables["projects"];

/** What a handler gets: all checked, who calls may call. */
export type Input<Name extends ControllerRouteName> = {
  readonly params: Readonly<Record<string, string>>;
  readonly query: ControllerRoutes[Name] extends { query: infer Q extends z.ZodType } ? z.output<Q> : undefined;
  readonly body: ControllerRoutes[Name] extends { body: infer B extends z.ZodType } ? z.output<B> : undefined;
  readonly caller: ControllerRoutes[Name]["access"] extends "anybody" ? Caller | undefined : Caller;
  readonly project: ControllerRoutes[Name]["access"] extends Role ? ProjectRow : undefined;
  readonly role: ControllerRoutes[Name]["access"] extends Role ? Role : undefined;
  /** The revision the caller has seen; `requireMatch` compares. */
  readonly ifMatch: IfMatch | undefined;
  /** From where the request comes. */
  readonly address: string;
  /** What the caller's program calls itself. */
  readonly agent: string;
  /**
   * An identifier for what is made. A request with an Idempotency-Key has the same each time that it is sent: what is
   * there with it already was made by that request, whose answer a server before this one could not keep.
   */
  newId(): string;
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal;
  /** The secret of the session that begins or ends with this answer, and whose it is that begins. */
  setSession(secret: string | undefined, user?: UserRow): void;
};

type Answer<Name extends ControllerRouteName> = ControllerRoutes[Name] extends { response: infer R extends z.ZodType }
  ? z.input<R>
  : undefined;

export type Handler<Name extends ControllerRouteName> = (
  input: Input<Name>,
) => ControllerRoutes[Name]["kind"] extends "sse" ? AsyncIterable<Answer<Name>> : Promise<Answer<Name>>;

/** Handlers of some of the routes. */
export type Handlers<Name extends ControllerRouteName> = { readonly [One in Name]: Handler<One> };
