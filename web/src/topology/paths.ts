/** What the address of a topology that is to be drawn has, and that of one which should be there has not. */
export const newMark = "new";

export const topologyPath = (project: string, topology: string): string =>
  `/projects/${project}/topologies/${topology}`;

export const newTopologyPath = (project: string, topology: string): string =>
  `${topologyPath(project, topology)}?${newMark}`;
