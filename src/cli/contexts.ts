import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ServerAccess } from "../client/server.ts";
import { labError } from "../topology/errors/error.ts";
import type { Context } from "./context.ts";
import type { Output } from "./output.ts";

/** Where labs are: on this machine, which is called so, or in a project of a server. */
export const localName = "local";

type Contexts = { readonly current: string; readonly servers: Readonly<Record<string, ServerAccess>> };

const nothing: Contexts = { current: localName, servers: {} };

const fileOf = ({ environment, uid }: Context): string => {
  const home = environment["HOME"] ?? `/tmp/netwright-${uid}`;
  return `${environment["XDG_CONFIG_HOME"] ?? `${home}/.config`}/netwright/contexts.json`;
};

/** @throws CONTEXTS_UNREADABLE */
export function readContexts(context: Context): Contexts {
  const file = fileOf(context);
  if (!existsSync(file)) return nothing;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Contexts;
  } catch (error) {
    throw labError("CONTEXTS_UNREADABLE", { file, detail: (error as Error).message }, { cause: error });
  }
}

/** Tokens are in it: nobody else may read it. */
export function writeContexts(context: Context, contexts: Contexts): void {
  const file = fileOf(context);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify(contexts, undefined, 2)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}

/** Says of what a command has to do with this machine alone, where a server is in use. */
export function noteOfThisMachine(
  { context, output }: { readonly context: Context; readonly output: Output },
  text: string,
): void {
  if (serverInUse(context) !== undefined) output.note(text);
}

/**
 * The project of a server that labs are in, by $NETWRIGHT_CONTEXT or `netwright context use`; undefined: this machine.
 *
 * @throws CONTEXT_NOT_FOUND
 */
export function serverInUse(context: Context): ServerAccess | undefined {
  const named = context.environment["NETWRIGHT_CONTEXT"];
  if (named === localName) return undefined;
  const { current, servers } = readContexts(context);
  const name = named || current;
  if (name === localName) return undefined;
  const server = servers[name];
  if (server === undefined) throw labError("CONTEXT_NOT_FOUND", { context: name, known: Object.keys(servers) });
  return server;
}
