import type { FastifyRequest } from "fastify";
import { type Access, Role } from "../../api/index.ts";
import { credentialOf } from "../identity/callers.ts";
import type { LabRow } from "../lab-keeper.ts";
import { findLabRow } from "../resources/labs.ts";
import type { AppOptions } from "./app-options.ts";
import type { Admitted } from "./gate-keeper.ts";
import type { ProjectRow } from "./input.ts";

/** @param summary of the route, for who may not */
export function admit(
  { gateKeeper }: AppOptions,
  request: FastifyRequest,
  access: Access,
  summary: string,
  project: string | undefined,
): Promise<Admitted> {
  // What it does, and not how.
  const [first = ""] = summary.replace(/ \(see [^)]*\)/, "").split(/[.;] /);
  const what = `${first.charAt(0).toLowerCase()}${first.slice(1)}`;
  // Of a project that is to be removed, a server administrator need not be a member.
  return gateKeeper.admit(request, access, what, Role.safeParse(access).success ? project : undefined);
}

/** Who may do something in a lab, and which lab that is. */
export type AdmittedToLab = { readonly admitted: Admitted; readonly project: ProjectRow; readonly row: LabRow };

/** @throws as `admit`; PROJECT_LAB_NOT_FOUND */
export async function admitToLab(
  options: AppOptions,
  request: FastifyRequest,
  { access, summary }: { readonly access: Role; readonly summary: string },
  at: { readonly project: string; readonly lab: string },
): Promise<AdmittedToLab> {
  const admitted = await admit(options, request, access, summary, at.project);
  const project = admitted.project as ProjectRow;
  return { admitted, project, row: await findLabRow(options.database, project, at.lab) };
}

/** What stays open ends with the right to it. */
export function keepOpen(
  { connections }: AppOptions,
  { caller, project }: Admitted,
  stream: NodeJS.EventEmitter,
  end: () => void,
): void {
  if (caller === undefined) return;
  const holder = { user: caller.user.id, credential: credentialOf(caller), project: project?.id };
  stream.once("close", connections.add(holder, end));
}
