import { closeSync } from "node:fs";
import { receiveDescriptor } from "../kernel/index.ts";
import { hostSide, type Transport } from "../topology/index.ts";
import { descriptorNote, type GateMessage, type GateRequest, type NumberedRequest } from "./contract.ts";
import { Internet, Refusal } from "./internet.ts";
import { dialLoopback } from "./loopback.ts";
import { NameServer } from "./names.ts";
import { type Dial, type Dialled, datagramsOf, openRelay, type Relay, streamOf } from "./relay.ts";

export type GateOptions = {
  readonly supervisor: number;
  /** The connection that descriptors come by. */
  readonly descriptors: number;
  readonly tell: (message: GateMessage) => void;
};

/** Does what a supervisor asks for outside. */
export class Gate {
  readonly #options: GateOptions;
  readonly #relays = new Map<string, Relay>();
  readonly #dials = new Map<
    number,
    { readonly protocol: Transport; readonly resolve: (dialled: Dialled | undefined) => void }
  >();
  readonly #names = new NameServer();
  readonly #internet: Internet;
  #numbers = 0;

  constructor(options: GateOptions) {
    this.#options = options;
    const { supervisor, tell } = options;
    this.#internet = new Internet({ supervisor, ended: (node, how) => tell({ event: "internet.ended", node, how }) });
  }

  async take({ number, ...request }: NumberedRequest): Promise<void> {
    const { tell } = this.#options;
    try {
      // The descriptor is taken at once, before the next request: they come in the order of what announces them.
      tell({ number, result: (await this.#perform(request)) ?? null });
    } catch (error) {
      const problem =
        error instanceof Refusal
          ? error.problem
          : ({ code: "GATE_REFUSED", details: { what: request.do, reason: String(error) } } as const);
      tell({ number, problem });
    }
  }

  #perform(request: GateRequest): unknown {
    switch (request.do) {
      case "publish":
        return this.#publish(request);
      case "serve":
        return this.#serve(request);
      case "unpublish":
      case "unserve":
        this.#relays.get(request.id)?.close();
        this.#relays.delete(request.id);
        return undefined;
      case "names":
        return this.#names.set(request.names);
      case "internet":
        return this.#internet.start(request.node, request.netns, request.prefixes);
      case "internet.end":
        return this.#internet.end(request.node);
      case "dialled":
        return this.#dialled(request);
      default:
        return request satisfies never;
    }
  }

  async #publish({ id, protocol, address, port }: Extract<GateRequest, { do: "publish" }>) {
    const relay = await openRelay(protocol, { address, port }, this.#dialNode(id, protocol)).catch((error: unknown) => {
      throw refusalOf(error, hostSide({ protocol, address, hostPort: port }), address, port);
    });
    this.#relays.set(id, relay);
    return { port: relay.port };
  }

  async #serve({ id, protocol, family, target }: Extract<GateRequest, { do: "serve" }>): Promise<void> {
    const fd = this.#nextDescriptor();
    try {
      const relay =
        target === "names"
          ? await this.#names.serve(protocol, fd, family)
          : await openRelay(protocol, { fd, family }, dialLoopback(protocol, target.hostPort));
      this.#relays.set(id, relay);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Asks the supervisor for a socket in the node. */
  #dialNode(id: string, protocol: Transport): Dial {
    return () => {
      const dial = ++this.#numbers;
      const { promise, resolve } = Promise.withResolvers<Dialled | undefined>();
      this.#dials.set(dial, { protocol, resolve });
      this.#options.tell({ event: "dial", dial, id });
      return promise;
    };
  }

  async #dialled({ dial, refused, address = "", port = 0 }: Extract<GateRequest, { do: "dialled" }>): Promise<void> {
    const waiting = this.#dials.get(dial);
    this.#dials.delete(dial);
    if (refused) return waiting?.resolve(undefined);
    const fd = this.#nextDescriptor();
    if (waiting === undefined) closeSync(fd);
    else if (waiting.protocol === "tcp") waiting.resolve({ type: "stream", socket: streamOf(fd) });
    else waiting.resolve({ type: "datagrams", socket: await datagramsOf(fd, address), address, port });
  }

  #nextDescriptor(): number {
    const descriptor = receiveDescriptor(this.#options.descriptors, descriptorNote.length)?.descriptor;
    if (descriptor === undefined) throw new Error("the descriptor that was announced did not come");
    return descriptor;
  }
}

function refusalOf(error: unknown, place: string, address: string, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") return new Refusal("PORT_TAKEN", { port: place });
  if (code === "EACCES") return new Refusal("PORT_FORBIDDEN", { port: place, number: port });
  if (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT")
    return new Refusal("PORT_ADDRESS_MISSING", { port: place, address });
  return error;
}
