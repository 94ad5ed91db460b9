import type { FastifyReply, FastifyRequest } from "fastify";
import { admitToLab, keepOpen } from "./admission.ts";
import type { AppOptions } from "./app-options.ts";
import { type Keyed, keyOf, once, type Remembered } from "./idempotency.ts";
import { askLab, type LabAnswer, passOn } from "./lab-proxy.ts";
import { changesLinks, findLabRoute, isCapture, isOnce } from "./lab-route.ts";
import { nothingFor } from "./methods.ts";

/** Answers a request of a lab's own API: what the lab says, to who may ask it. */
export async function answerForLab(options: AppOptions, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { project: projectName = "", lab = "", "*": rest = "" } = request.params as Record<string, string>;
  const labRoute = findLabRoute(request.method, rest);
  if (labRoute === undefined) throw nothingFor(request, reply);
  const { summary } = labRoute.route;
  const at = { project: projectName, lab };
  const { admitted, project, row } = await admitToLab(options, request, { access: labRoute.access, summary }, at);
  const query = request.url.includes("?") ? request.url.slice(request.url.indexOf("?")) : "";
  const path = `/v1/${rest.split("/").map(encodeURIComponent).join("/")}${query}`;
  keepOpen(options, admitted, reply.raw, () => reply.raw.destroy());
  const limited = <Result>(act: () => Promise<Result>): Promise<Result> =>
    isCapture(labRoute) ? options.quotas.capture(project, act) : act();
  const key = keyOf(request, admitted.caller, options.clock());
  const { agent, hiding } = options;
  const isKept = key !== undefined && isOnce(labRoute);
  if (labRoute.route.kind !== "json" && !isKept) {
    await limited(() => passOn(agent, row.run_name, path, request, reply, hiding?.lines(row.run_name, labRoute)));
    await options.audit.note(request, reply.raw.statusCode);
    return;
  }
  const ask = () =>
    limited(async (): Promise<LabAnswer> => {
      const answered = await askLab(agent, row.run_name, path, request, reply);
      const body = hiding?.answer(row.run_name, labRoute, answered.body) ?? answered.body;
      return { ...answered, body };
    });
  const { status, type, body } = isKept ? await askOnce(options, key, ask) : await ask();
  if (status < 300 && changesLinks(labRoute))
    // It is done; and when the lab stops, this is done again.
    await options.noteLinks(row).catch((error: unknown) => options.onFault(error, `note the links of lab ${lab}`));
  await options.audit.note(request, status);
  await reply.code(status).type(type).send(body);
}

/** What a lab says to a request that is sent again is what it said the first time, unless it refused. */
async function askOnce({ database }: AppOptions, key: Keyed, ask: () => Promise<LabAnswer>): Promise<LabAnswer> {
  let refused: LabAnswer | undefined;
  const make = async (): Promise<Remembered> => {
    const answered = await ask();
    if (answered.status < 300) return answered;
    refused = answered;
    throw new Error("the lab refused");
  };
  try {
    const { status, type = "application/json", body } = await once(database, key, make);
    return { status, type, body };
  } catch (error) {
    if (refused !== undefined) return refused;
    throw error;
  }
}
