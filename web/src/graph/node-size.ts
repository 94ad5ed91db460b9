/** Of a node in the picture. */
export const nodeSize = { width: 76, height: 58 } as const;
