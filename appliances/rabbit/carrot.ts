/**
 * carrot: what tests of Rabbit share. An example of what you write for an appliance of your own; a test
 * then says what it tests, and not how one gets at the machine:
 *
 *   const test = labTest({ name: "router", nodes: { dut: rabbit(), h1: … }, links: … });
 *
 *   test("forwards", async ({ lab }) => {
 *     const dut = await Rabbit.boot(lab, "dut");
 *     await dut.configure("sysctl -w net.ipv4.ip_forward=1");
 *     …
 *     await dut.shutDown();
 *   });
 */
import { join } from "node:path";
import type { LabDefinition, TestConsole, TestLab } from "netwright/testing";

type NodeDefinition = NonNullable<NonNullable<LabDefinition["nodes"]>[string]>;
type ApplianceDefinition = Extract<NodeDefinition, { kind: "appliance" }>;

/** What `make appliances` makes. */
export const imageFolder = join(import.meta.dirname, "../../build/appliances/rabbit");

const account = { user: "root", password: "rabbit" } as const;
const bootMs = 90_000;

/**
 * Rabbit as a node of a lab, started from its kernel. With an `image` (rabbit.qcow2 in `imageFolder`), it
 * starts from that disk instead.
 *
 * @param settings as in a lab file
 */
export function rabbit(settings: Omit<ApplianceDefinition, "kind"> = {}): ApplianceDefinition {
  const kernel = {
    image: join(imageFolder, "vmlinuz"),
    initrd: join(imageFolder, "initrd"),
    append: "console=ttyS0 quiet",
  };
  const start = settings.image === undefined ? { kernel } : {};
  return { kind: "appliance", memory: "256MiB", ...start, ...settings };
}

/** A Rabbit that runs in a test's lab, logged in. */
export class Rabbit {
  readonly name: string;
  /** For what is not here: `check`, `run`, `expect`. */
  readonly console: TestConsole;
  readonly #lab: TestLab;

  private constructor(lab: TestLab, name: string, console: TestConsole) {
    this.#lab = lab;
    this.name = name;
    this.console = console;
  }

  /** Waits until it has booted, and logs in. @param name of the node */
  static async boot(lab: TestLab, name = "rabbit"): Promise<Rabbit> {
    const console = await lab.node(name).console();
    await console.login({ ...account, timeout: bootMs });
    return new Rabbit(lab, name, console);
  }

  /**
   * Runs a script of sh(1), each line of which must succeed.
   *
   * @returns what it printed
   */
  async configure(script: string): Promise<string> {
    const { exitCode, output } = await this.console.runScript(`set -e\n${script}\n`);
    if (exitCode !== 0) throw new Error(`${this.name} was not configured (exit code ${exitCode}):\n${output}`);
    return output;
  }

  /** Gives interfaces their addresses and brings them up: `{ eth0: "10.0.1.1/24" }`. */
  async addresses(interfaces: Readonly<Record<string, string>>): Promise<void> {
    const lines = Object.entries(interfaces).map(
      ([name, address]) => `ip address replace ${address} dev ${name}\nip link set ${name} up`,
    );
    await this.configure(lines.join("\n"));
  }

  /** Presses its power button, and waits until it has switched itself off. */
  async shutDown(): Promise<void> {
    const node = this.#lab.node(this.name);
    await node.power("stop");
    const { state } = await node.inspect();
    // A machine that ignores the button has its power taken in the end. This one is not to be such.
    const ignored = (await this.#lab.events()).find(
      ({ subject, message }) => subject === this.name && message.includes("did not obey"),
    );
    if (state !== "off" || ignored !== undefined) throw new Error(ignored?.message ?? `${this.name} is ${state}`);
    this.console.close();
  }
}
