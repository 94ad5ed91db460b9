/** What tells the containers of a lab from all others. */
export type ContainerIdentity = {
  readonly lab: string;
  /** Of the user that started the lab. */
  readonly uid: number;
  /** Of this run of the lab: `Claim.id`. */
  readonly claim: string;
  /** `Locations.runtime`: where the lab is registered. */
  readonly runtime: string;
};

export const labels = {
  lab: "netwright.lab",
  owner: "netwright.owner",
  claim: "netwright.claim",
  runtime: "netwright.runtime",
  node: "netwright.node",
  role: "netwright.role",
} as const;

/** @param role `keeper` or `node` */
export const labelsOf = (
  { lab, uid, claim, runtime }: ContainerIdentity,
  role: "keeper" | "node",
  node?: string,
): Readonly<Record<string, string>> => ({
  [labels.lab]: lab,
  [labels.owner]: String(uid),
  [labels.claim]: claim,
  [labels.runtime]: runtime,
  [labels.role]: role,
  ...(node === undefined ? {} : { [labels.node]: node }),
});

/** Unique on the machine: the claim is. */
export const containerName = ({ lab, claim }: ContainerIdentity, of: string): string =>
  `netwright-${lab}-${claim.slice(0, 8)}-${of}`;

/** In a lab's record, in place of an engine's socket: Podman that is the lab's own, and ends with its keeper. */
export const ownEngine = "own";

/** The keeper's socket in a lab's runtime folder. */
export const keeperSocket = (folder: string): string => `${folder}/keeper.sock`;
