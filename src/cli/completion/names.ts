import { endpointText, type Lab } from "../../topology/model.ts";
import type { Context } from "../context.ts";
import type { Candidate, Choice, Names } from "./candidates.ts";

/** Names for completion. What cannot be found out is not offered: a shell is no place for error messages. */
export function namesFor(context: Context): Names {
  const labs = new Map<string, Promise<Lab | undefined>>();
  const labOf = (choice: Choice): Promise<Lab | undefined> => {
    const key = JSON.stringify(choice);
    const known = labs.get(key) ?? findLab(context, choice);
    labs.set(key, known);
    return known;
  };
  return {
    labs: async () => {
      const { serverInUse } = await import("../contexts.ts");
      const server = serverInUse(context);
      if (server !== undefined) {
        const { ServerClient } = await import("../../client/server.ts");
        const known = await new ServerClient(server).labs().catch(() => []);
        return known.map(({ name, owner }) => ({ word: name, about: `of ${owner}` }));
      }
      const { registeredLabs } = await import("../../client/registry/find.ts");
      return (await registeredLabs(context.locations)).map(({ name, record }) => ({
        word: name,
        ...aboutFile(record.file),
      }));
    },
    nodes: async (choice) =>
      ((await labOf(choice))?.nodes ?? []).map(({ name, kind }) => ({ word: name, about: kind })),
    processes: async (choice) =>
      ((await labOf(choice))?.processes ?? []).map(({ name, node }) => ({ word: name, about: `process on ${node}` })),
    endpoints: async (choice) =>
      ((await labOf(choice))?.links ?? []).flatMap(({ id, a, b }) => [
        { word: endpointText(a), about: id },
        { word: endpointText(b), about: id },
      ]),
    images: async () => {
      const { familiarName } = await import("../../topology/image/reference.ts");
      const { ImageStore } = await import("../../images/index.ts");
      const { imageFolder } = await import("../../client/images.ts");
      const records = await new ImageStore(imageFolder(context.locations)).names();
      return records.map(({ reference, at }) => ({ word: familiarName(reference), about: `since ${at.slice(0, 10)}` }));
    },
    tags: async (choice) =>
      [...new Set(((await labOf(choice))?.processes ?? []).flatMap(({ tags }) => tags))].map((word) => ({
        word,
        about: "tag",
      })),
  };
}

const aboutFile = (file: string | undefined): Partial<Candidate> => (file === undefined ? {} : { about: file });

async function findLab(context: Context, choice: Choice): Promise<Lab | undefined> {
  try {
    const { connect } = await import("../choose-lab.ts");
    return await (await connect(context, choice)).config();
  } catch {
    // It does not run; its file may be here.
  }
  try {
    const { readLab } = await import("../lab-file.ts");
    return (await readLab(context, choice)).lab;
  } catch {
    return undefined;
  }
}
