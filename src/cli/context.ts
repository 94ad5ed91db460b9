import { type Locations, locations } from "../api/locations.ts";

/** What a command may touch of the outside: read once, at the entry point. */
export type Context = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The folder netwright was called in. */
  readonly directory: string;
  readonly locations: Locations;
  readonly uid: number;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** What followed the first `--` of the command line; undefined when there was none. */
  readonly rest: readonly string[] | undefined;
};

export function contextOf(process: NodeJS.Process, rest: readonly string[] | undefined): Context {
  const uid = process.getuid?.() ?? 0;
  const { env: environment, stdin, stdout, stderr } = process;
  return {
    environment,
    directory: process.cwd(),
    locations: locations(environment, uid),
    uid,
    stdin,
    stdout,
    stderr,
    rest,
  };
}
