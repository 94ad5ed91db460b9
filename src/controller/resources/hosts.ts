import type { Host, HostOutline, Image } from "../../api/index.ts";
import { parseImageReference } from "../../topology/image/reference.ts";
import { labError } from "../../topology/index.ts";
import type { Agent, AgentImage, HostFacts } from "../agent/agent.ts";
import type { Database } from "../data/database.ts";
import type { Caller } from "../identity/callers.ts";
import type { LabKeeper } from "../lab-keeper.ts";
import type { Handlers } from "../server/input.ts";
import { pageOf, timeText } from "./page.ts";

type Names = "health" | "hosts" | "oneHost" | "images" | "pullImage" | "removeImage";

export type HostServices = { readonly database: Database; readonly agent: Agent; readonly keeper: LabKeeper };

/** To whom it is no matter what else runs there. */
const outlineOf = ({ name, state, since, cpus, memoryBytes }: Host): HostOutline => ({
  ...{ name, state, cpus, memoryBytes },
  ...(since === undefined ? {} : { since }),
});
const shownTo = ({ user }: Caller, host: Host): Host | HostOutline => (user.is_admin === 1 ? host : outlineOf(host));

/** Others are files and folders of the server, which its labs cannot be made of. */
function isShownTo({ user }: Caller, image: string): boolean {
  const reference = parseImageReference(image);
  return user.is_admin === 1 || ("from" in reference && reference.from === "registry");
}

const imageOf = ({ labs, ...image }: AgentImage): Image => ({ ...image, labs: labs.length });

export function hostHandlers({ database, agent, keeper }: HostServices): Handlers<Names> {
  /** What a host said last is told when it does not answer. */
  let facts: HostFacts | undefined;
  const host = async (): Promise<Host> => {
    facts = await agent.host().catch((error: unknown) => {
      if (facts === undefined) throw labError("AGENT_UNREACHABLE", { host: "local", detail: textOf(error) });
      return facts;
    });
    const silence = keeper.silence;
    return silence === undefined
      ? { ...facts, state: "ready" }
      : { ...facts, state: "unreachable", since: timeText(silence.since) };
  };
  const find = async (reference: string): Promise<AgentImage | undefined> =>
    (await agent.images()).find((image) => image.reference === reference || image.name === reference);
  return {
    health: async () => {
      await database.selectFrom("projects").select("id").limit(1).execute();
      const isSilent = keeper.silence !== undefined;
      return {
        state: isSilent ? "degraded" : "ready",
        database: "ready",
        hosts: { ready: Number(!isSilent), unreachable: Number(isSilent) },
      };
    },
    hosts: async ({ caller, query: { limit, after = "" } }) => {
      const all = [await host()].filter(({ name }) => name > after);
      return pageOf(
        all,
        limit,
        (one) => shownTo(caller, one),
        ({ name }) => name,
      );
    },
    oneHost: async ({ caller, params: { host: name = "" } }) => {
      const known = await host();
      if (known.name !== name) throw labError("HOST_NOT_FOUND", { host: name });
      return shownTo(caller, known);
    },
    images: async ({ caller, query: { limit, after = "" } }) => {
      const all = (await agent.images())
        .filter(({ reference }) => reference > after && isShownTo(caller, reference))
        .toSorted((a, b) => (a.reference < b.reference ? -1 : 1));
      return pageOf(all.slice(0, limit + 1), limit, imageOf, ({ reference }) => reference);
    },
    pullImage: async ({ body: { reference }, signal }) => {
      const image = await find(await agent.pullImage(reference, signal));
      if (image === undefined) throw labError("IMAGE_NOT_FOUND", { image: reference, where: "on this machine" });
      return imageOf(image);
    },
    removeImage: async ({ params: { image = "" } }) => {
      await agent.removeImage(image);
      return undefined;
    },
  };
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
