import { locations } from "../../src/api/locations.ts";
import type { Agent } from "../../src/controller/agent/agent.ts";
import { LocalAgent } from "../../src/controller/agent/local-agent.ts";

/** Runs labs in earnest, as the command line does where it has this environment. */
export const realLabs = (environment: Readonly<Record<string, string | undefined>>, server?: string): Agent =>
  new LocalAgent(locations(environment, process.getuid?.() ?? 0), environment, server);
