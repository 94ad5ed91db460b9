import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { setTimeout } from "node:timers/promises";
import { type Locations, labFiles, uiDatabase, uiName } from "../../api/locations.ts";
import { findLab } from "../../client/index.ts";
import { prepareRuntime } from "../../client/launch/folders.ts";
import { type Claim, claim } from "../../client/registry/claim.ts";
import { removeIfDead } from "../../client/registry/list.ts";
import { thisProcess } from "../../client/registry/owner.ts";
import { labError } from "../../topology/index.ts";
import { LocalAgent } from "../agent/local-agent.ts";
import { Controller } from "../controller.ts";
import { SignInLinks } from "./links.ts";

export type OwnServerOptions = {
  readonly locations: Locations;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** As the system calls the person. */
  readonly user: string;
  /** 0: one that is free. */
  readonly port: number;
  readonly version: string;
  readonly pages: string;
  readonly onFault: (error: unknown, request: string) => void;
  readonly onNotice: (text: string) => void;
};

/** Where a person's labs are in a browser. */
export type OwnServer = AsyncDisposable & {
  /** An address that signs in, once and not for long. */
  readonly link: string;
  /** The process that serves; another one than this where it ran already. */
  readonly pid: number;
  readonly isNew: boolean;
};

const host = "127.0.0.1";
/** One that has begun to start answers after a moment. */
const answerMs = 10_000;
const pauseMs = 100;

/**
 * Serves the labs of the user that this process runs as, to that user: on the loopback interface, with what the
 * user's state folder keeps. Where that is being done already, asks there for a link.
 *
 * @throws UI_UNRESPONSIVE, LISTENING_REFUSED, DATABASE_UNUSABLE, FOLDER_UNSAFE, FOLDER_UNUSABLE
 */
export async function openOwnServer(options: OwnServerOptions): Promise<OwnServer> {
  const { locations } = options;
  await prepareRuntime(locations);
  for (const deadline = Date.now() + answerMs; ; await setTimeout(pauseMs)) {
    await removeIfDead(locations, uiName);
    const self = thisProcess();
    const claimed = await claim(locations.runtime, {
      name: uiName,
      digest: "",
      startedAt: new Date().toISOString(),
      ownerPid: self.pid,
      ownerStartTime: self.startTime,
      version: options.version,
    });
    if (claimed !== undefined) return serve(options, claimed);
    const running = findLab(locations, uiName);
    const link = running && (await askForLink(running.socket).catch(() => undefined));
    if (running !== undefined && link !== undefined)
      return { link, pid: running.record.ownerPid, isNew: false, [Symbol.asyncDispose]: () => Promise.resolve() };
    if (running !== undefined && Date.now() > deadline)
      throw labError("UI_UNRESPONSIVE", { pid: running.record.ownerPid });
  }
}

async function serve(options: OwnServerOptions, claimed: Claim): Promise<OwnServer> {
  await using undo = new AsyncDisposableStack();
  undo.defer(() => claimed.release());
  const { locations, environment } = options;
  const links = new SignInLinks(againIn(environment));
  const controller = await Controller.start({
    database: `sqlite:${uiDatabase(locations)}`,
    agent: new LocalAgent(locations, environment),
    trust: "own",
    listen: { host, port: options.port },
    // Names, and not ports: a tunnel may have another at its end. Others would be a page's of somebody else.
    hosts: [host, "localhost", "[::1]"],
    own: { user: options.user, links, cookie: "netwright-own" },
    behindProxy: false,
    proxies: [],
    version: options.version,
    pages: options.pages,
    onFault: options.onFault,
    onNotice: options.onNotice,
  });
  undo.use(controller);
  // After the number sign: browsers do not send it, so it is in no log and no Referer.
  const link = () => `http://${host}:${controller.port}/sign-in#${links.issue()}`;
  const doorway = await answerForLinks(labFiles(locations.runtime, uiName).socket, link);
  undo.defer(async () => {
    doorway.closeAllConnections();
    await new Promise((done) => doorway.close(done));
  });
  const held = undo.move();
  return { link: link(), pid: process.pid, isNew: true, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Gives links to whoever may open the socket: the folder that it is in is the user's alone. */
async function answerForLinks(socket: string, link: () => string): Promise<Server> {
  const server = createServer((request, response) => {
    const isAsked = request.method === "POST" && request.url === "/link";
    response.writeHead(isAsked ? 201 : 404, { "content-type": "text/plain" }).end(isAsked ? link() : "");
  });
  server.listen(socket);
  await once(server, "listening");
  return server;
}

async function askForLink(socket: string): Promise<string> {
  const { request } = await import("node:http");
  const { text } = await import("node:stream/consumers");
  const asked = request({ socketPath: socket, method: "POST", path: "/link", timeout: answerMs });
  asked.once("timeout", () => asked.destroy(new Error("it does not answer")));
  asked.end();
  const [response] = (await once(asked, "response")) as [import("node:http").IncomingMessage];
  return text(response);
}

/** A server of folders of its own is found by these variables alone. */
function againIn(environment: OwnServerOptions["environment"]): string {
  const names = ["NETWRIGHT_RUNTIME_DIR", "NETWRIGHT_STATE_DIR"] as const;
  const variables = names.flatMap((name) => (environment[name] ? [`${name}=${environment[name]}`] : []));
  return [...variables, "netwright ui"].join(" ");
}
