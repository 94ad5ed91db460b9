import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type ExecRequest, type LabClient, type Locations, startLab, stopLab } from "../../src/client/index.ts";
import {
  type HostNode,
  type Interface,
  type Lab,
  type Link,
  linkId,
  type Process,
  type RouterNode,
  type SwitchNode,
} from "../../src/topology/index.ts";

/** Makers of resolved labs for tests, with what a test does not care about filled in. */

let mac = 0;
export const iface = (name: string, ...addresses: readonly string[]): Interface => {
  mac += 1;
  return {
    name,
    mac: `02:00:00:01:${(mac >> 8).toString(16).padStart(2, "0")}:${(mac & 255).toString(16).padStart(2, "0")}`,
    addresses,
    mtu: 1500,
  };
};

const machine = {
  engine: "namespace",
  root: "isolated",
  routes: [],
  sysctls: {},
  environment: {},
  startup: [],
  files: [],
  mounts: [],
} as const;

export const host = (name: string, interfaces: readonly Interface[], more: Partial<HostNode> = {}): HostNode => ({
  kind: "host",
  name,
  hostname: name,
  interfaces,
  ...machine,
  ...more,
});

export const router = (name: string, interfaces: readonly Interface[], more: Partial<RouterNode> = {}): RouterNode => ({
  kind: "router",
  name,
  hostname: name,
  interfaces,
  ...machine,
  ...more,
});

export const bridge = (name: string, ports: number, more: Partial<SwitchNode> = {}): SwitchNode => ({
  kind: "switch",
  name,
  stp: false,
  ageingSeconds: 300,
  forward: [],
  interfaces: Array.from({ length: ports }, (_, port) => iface(`swp${port + 1}`)),
  ...more,
});

/** @param ends `node:interface` */
export function link(...ends: readonly [string, string]): Link {
  const [a, b] = ends.map((end) => {
    const [node = "", name = ""] = end.split(":");
    return { node, interface: name };
  });
  if (a === undefined || b === undefined) throw new RangeError("a link has two ends");
  return { id: linkId(a, b), a, b, mtu: 1500 };
}

export const process_ = (name: string, node: string, shell: string, more: Partial<Process> = {}): Process => ({
  name,
  node,
  command: { shell },
  environment: {},
  after: [],
  restart: "no",
  tags: [],
  stopSignal: "SIGTERM",
  graceMs: 1000,
  ...more,
});

export const lab = (name: string, parts: Partial<Lab>): Lab => ({
  name,
  mode: "keep",
  nodes: [],
  links: [],
  processes: [],
  ...parts,
});

/** Two hosts on one link, 10.0.0.1 and 10.0.0.2. */
export const pair = (name: string, more: Partial<HostNode> = {}): Lab =>
  lab(name, {
    nodes: [
      host("h1", [iface("eth0", "10.0.0.1/24", "2001:db8::1/64")], more),
      host("h2", [iface("eth0", "10.0.0.2/24", "2001:db8::2/64")]),
    ],
    links: [link("h1:eth0", "h2:eth0")],
  });

/** A temporary folder that labs of root, which run under other ids, can enter too. */
export async function openFolder(purpose: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `netwright-test-${purpose}-`));
  await chmod(folder, 0o755);
  return folder;
}

export type Ran = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** A lab of a test, in folders of its own; gone, with its folders, at the end of the block. */
export class RunningLab implements AsyncDisposable {
  readonly client: LabClient;
  readonly at: Locations;
  readonly name: string;
  readonly #folder: string;

  private constructor(client: LabClient, name: string, at: Locations, folder: string) {
    this.client = client;
    this.name = name;
    this.at = at;
    this.#folder = folder;
  }

  static async up(wanted: Lab): Promise<RunningLab> {
    const folder = await openFolder("lab");
    const at = { runtime: join(folder, "run"), state: join(folder, "state"), cache: join(folder, "cache") };
    try {
      const { client } = await startLab({ lab: wanted, locations: at, environment: process.env, digest: "test" });
      return new RunningLab(client, wanted.name, at, folder);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async run(
    node: string,
    argv: readonly string[],
    more: Omit<ExecRequest, "argv"> & { input?: string | Buffer } = {},
  ): Promise<Ran> {
    const { input, ...request } = more;
    const session = await this.client.exec(node, { ...request, argv: [...argv] });
    session.stdin.end(input ?? "");
    const [stdout, stderr, { exitCode }] = await Promise.all([
      text(session.stdout),
      text(session.stderr),
      session.exit,
    ]);
    return { exitCode, stdout, stderr };
  }

  /** The standard output of a shell line that must succeed. */
  async sh(node: string, line: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(node, ["sh", "-c", line]);
    if (exitCode !== 0) throw new Error(`"${line}" on ${node}: exit code ${exitCode}\n${stdout}${stderr}`);
    return stdout;
  }

  async down(): Promise<void> {
    await stopLab(this.at, this.name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stopLab(this.at, this.name).catch(() => undefined);
    await rm(this.#folder, { recursive: true, force: true });
  }
}
