import { readFileSync, writeFileSync } from "node:fs";
import { inNamespaces, type Namespace, SysctlView } from "../kernel/index.ts";
import { kindOf } from "../kinds/index.ts";
import { interfaceOfSysctl, labError, type Machine, type ProgramNode, runsPrograms } from "../topology/index.ts";

/** Kernel settings by dotted name (sysctl(8)); a slash stands for a dot within a name. */
type Sysctls = Readonly<Record<string, string>>;
type Entries = readonly (readonly [name: string, value: string])[];

/** Addresses are given by the lab file, so nobody else has them: usable at once, without detection of duplicates (RFC 4862, 5.4). */
const duplicateDetection = "net.ipv6.conf.default.accept_dad";

/** What a new view of the settings costs is made up for after so many namespaces. */
const namespacesPerView = 64;

/**
 * Kernel settings of network namespaces.
 *
 * A new namespace has what every new one has, and so does the panel's, which this process is in; a
 * setting that is the same there needs no write, and taking one back means giving it that value again.
 */
export class LabSettings {
  readonly #stage: string;
  readonly #fresh = new Map<string, string | undefined>();
  #view: SysctlView | undefined;
  #namespacesSeen = 0;

  /** @param stage an empty folder that only this process mounts on */
  constructor(stage: string) {
    this.#stage = stage;
  }

  /** What to write to the new namespace of `node`: what every machine has, and those of its settings that it has not by itself. */
  forNew(node: ProgramNode): Entries {
    const settings = { ...kindOf(node).sysctls(node), ...settingsOf(node, undefined), ...settingsOf(node, "lo") };
    const differing = Object.entries(settings).filter(([name, value]) => this.fresh(name) !== value);
    // A kernel without IPv6 has nothing to switch off.
    return this.fresh(duplicateDetection) === undefined ? differing : [[duplicateDetection, "0"], ...differing];
  }

  /** What a new namespace has; undefined when this kernel has no such setting. */
  fresh(name: string): string | undefined {
    if (!this.#fresh.has(name)) this.#fresh.set(name, readSetting(name));
    return this.#fresh.get(name);
  }

  /**
   * Writes settings of the namespace that this thread is in.
   *
   * @param node for the error
   * @throws SYSCTL_REFUSED for a setting that does not exist or a value the kernel does not take
   */
  write(node: string, entries: Entries): void {
    if (entries.length === 0) return;
    const view = this.#viewForOneMore();
    for (const [name, value] of entries) {
      try {
        writeFileSync(view.pathOf(pathOf(name)), value);
      } catch (error) {
        const reason = (error as NodeJS.ErrnoException).code ?? String(error);
        throw labError("SYSCTL_REFUSED", { node, name, value, reason }, { cause: error });
      }
    }
  }

  #viewForOneMore(): SysctlView {
    if (this.#view === undefined || this.#namespacesSeen >= namespacesPerView) {
      this.#view?.close();
      this.#view = SysctlView.open(this.#stage);
      this.#namespacesSeen = 0;
    }
    this.#namespacesSeen += 1;
    return this.#view;
  }
}

/** The kernel settings of one node. */
export class NodeSettings {
  readonly #node: string;
  readonly #netns: Namespace;
  readonly #lab: LabSettings;

  constructor(node: string, netns: Namespace, lab: LabSettings) {
    this.#node = node;
    this.#netns = netns;
    this.#lab = lab;
  }

  /** Makes those of an interface, when it has come. @throws SYSCTL_REFUSED */
  setInterface(node: ProgramNode, name: string): void {
    if (name !== "lo") this.#set(settingsOf(node, name));
  }

  /** Takes back those of `from` that `to` has not, and makes those of `to`. @throws SYSCTL_REFUSED */
  change(from: Machine, to: ProgramNode): void {
    const gone = runsPrograms(from) ? Object.keys(from.sysctls).filter((name) => !(name in to.sysctls)) : [];
    // Settings of an interface that comes with this change are made when it is there.
    const isThere = (setting: string) => {
      const name = interfaceOfSysctl(setting);
      const isOf = (machine: Machine) => machine.interfaces.some((one) => one.name === name);
      return name === undefined || name === "lo" || (isOf(from) && isOf(to));
    };
    this.#reset(gone.filter(isThere));
    const wanted = Object.entries({ ...kindOf(to).sysctls(to), ...to.sysctls });
    this.#set(Object.fromEntries(wanted.filter(([setting]) => isThere(setting))));
  }

  #set(settings: Sysctls): void {
    const entries = Object.entries(settings);
    if (entries.length > 0) inNamespaces([this.#netns], () => this.#lab.write(this.#node, entries));
  }

  /** Takes settings back. */
  #reset(names: readonly string[]): void {
    const fresh = names.flatMap((name) => {
      const value = this.#lab.fresh(name);
      return value === undefined ? [] : [[name, value] as const];
    });
    this.#set(Object.fromEntries(fresh));
  }
}

/** The settings of the lab file that name an interface, or with none, all the others. */
function settingsOf(node: ProgramNode, name: string | undefined): Sysctls {
  return Object.fromEntries(Object.entries(node.sysctls).filter(([setting]) => interfaceOfSysctl(setting) === name));
}

function readSetting(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${pathOf(name)}`, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** Below /proc/sys. */
const pathOf = (name: string): string => name.replace(/[./]/g, (separator) => (separator === "." ? "/" : "."));
