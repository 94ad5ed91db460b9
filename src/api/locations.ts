/**
 * Where a user's labs live on disk. The runtime folder of a lab (0700) holds `lab.json` and the
 * socket and goes with the lab; its state folder holds logs and stays.
 *
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export type Locations = {
  /** `<runtime>/<lab>/` per running lab. */
  readonly runtime: string;
  /** `<state>/<lab>/logs/` per lab that ever ran. */
  readonly state: string;
  /** What can be had again: images. */
  readonly cache: string;
};

/** Computes the folders from the environment; nothing is read or made. */
export function locations(environment: Readonly<Record<string, string | undefined>>, uid: number): Locations {
  if (uid === 0) {
    // Root's labs run under subordinate ids, which cannot enter /root.
    return {
      runtime: environment["NETWRIGHT_RUNTIME_DIR"] ?? "/run/netwright",
      state: environment["NETWRIGHT_STATE_DIR"] ?? "/var/log/netwright",
      cache: environment["NETWRIGHT_CACHE_DIR"] ?? "/var/cache/netwright",
    };
  }
  const home = environment["HOME"] ?? `/tmp/netwright-${uid}`;
  const runtime = environment["XDG_RUNTIME_DIR"];
  const state = environment["XDG_STATE_HOME"] ?? `${home}/.local/state`;
  return {
    runtime: environment["NETWRIGHT_RUNTIME_DIR"] ?? (runtime ? `${runtime}/netwright` : `/tmp/netwright-${uid}`),
    state: environment["NETWRIGHT_STATE_DIR"] ?? `${state}/netwright`,
    cache: environment["NETWRIGHT_CACHE_DIR"] ?? `${environment["XDG_CACHE_HOME"] ?? `${home}/.cache`}/netwright`,
  };
}

/** A lab's files under its runtime folder. A unix socket's path is at most 107 bytes (unix(7)). */
export const labFiles = (runtime: string, lab: string) => ({
  folder: `${runtime}/${lab}`,
  record: `${runtime}/${lab}/lab.json`,
  socket: `${runtime}/${lab}/api.sock`,
});

/** Where a sandbox sees the whole host in a way that nothing in it can write to, below the lab's runtime folder. */
export const hostView = (folder: string): string => `${folder}/host`;

/** In place of a lab's name, for the server of one user's labs. No lab can have it. */
export const uiName = ".ui";

/** What the server of one user's labs keeps. */
export const uiDatabase = ({ state }: Locations): string => `${state}/${uiName}/netwright.db`;
