/** Of projects, topologies, labs and users, as the server has it (`Name` of the contract). */
export const isName = (text: string): boolean => /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(text);

export const nameRule = "1 to 40 of a-z, 0-9 and -, not - at an end";
