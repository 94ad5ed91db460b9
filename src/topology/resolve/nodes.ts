import type { AnyKind } from "../kinds/kind.ts";
import { labelPattern, labelRule, nodeNameProblem } from "../name-rules.ts";
import type { LabDefinition } from "../schema/lab.ts";
import { fillPlaceholders, hasPlaceholders, type Placeholders } from "../source/placeholders.ts";
import type { Path } from "../source/source.ts";
import { type ApplianceDefinition, applianceSettings } from "./appliance.ts";
import type { LabDraft, MachineSettings, NodeDraft, ProgramDraft, RoleDraft } from "./draft.ts";
import { definedInterface } from "./interfaces.ts";
import { roleOptions } from "./roles.ts";
import { type Context, type Layer, type MachineDefinition, machineSettings } from "./settings.ts";
import { readPortVlans, type SwitchDefinition, switchSettings } from "./switch.ts";

export type NodeDefinition = NonNullable<LabDefinition["nodes"]>[string];
type Kind = NodeDraft["kind"];
type Defaults = NonNullable<LabDefinition["defaults"]>;

/** Where the settings of the nodes of one definition come from. */
type Template = {
  readonly kind: Kind;
  readonly role: AnyKind | undefined;
  /** Of the kind; the schema has seen to that. */
  readonly layers: readonly Layer<MachineDefinition | SwitchDefinition | ApplianceDefinition>[];
  readonly path: Path;
};

/** Makes nodes from definitions, each with the defaults of its kind. */
export class NodeMaker {
  readonly #draft: LabDraft;
  readonly #defaults: Defaults;
  readonly #context: Context;
  readonly #kinds: ReadonlyMap<string, AnyKind>;
  /** By lower case: host names do not know cases (RFC 1123, section 2.1). */
  readonly #names = new Map<string, { readonly name: string; readonly what: string }>();
  /** Settings of definitions that are the same for each of their nodes. */
  readonly #shared = new Map<object, MachineSettings>();

  /** @param kinds beside host, router, switch and appliance */
  constructor(draft: LabDraft, defaults: Defaults | undefined, kinds: ReadonlyMap<string, AnyKind>, context: Context) {
    this.#kinds = kinds;
    this.#draft = draft;
    this.#defaults = defaults ?? {};
    this.#context = context;
  }

  /** Reports a name that no node can have, and one that is taken; `remedy` for the latter. */
  claim(name: string, what: string, path: Path, remedy?: string): boolean {
    const { findings } = this.#context;
    const problem = labelPattern.test(name) ? nodeNameProblem(name) : undefined;
    if (!labelPattern.test(name))
      findings.error("NAME_INVALID", { what: "a node", name, rule: `Use ${labelRule}` }, path, "key");
    else if (problem !== undefined)
      findings.error("NAME_INVALID", { what: "a node", name, rule: `Choose another: ${problem}` }, path, "key");
    const taken = this.#names.get(name.toLowerCase());
    if (taken === undefined) {
      this.#names.set(name.toLowerCase(), { name, what });
      return true;
    }
    findings.error(
      "NAME_TAKEN",
      {
        name,
        what: capitalised(what),
        by: taken.what,
        byCase: taken.name !== name,
        ...(remedy === undefined ? {} : { remedy }),
      },
      path,
      "key",
    );
    return false;
  }

  /** A node of the lab file, or one of a generator, which gives more placeholders. */
  make(name: string, definition: NodeDefinition, path: Path, values: Placeholders = { name }): NodeDraft {
    return this.fromTemplate(name, this.template(definition, path), definition, values);
  }

  template(definition: NodeDefinition, path: Path): Template {
    const role = this.#kinds.get(definition?.kind ?? "");
    // What is no kind of these is one of the core's: the form has been checked.
    const kind = role?.base ?? ((definition?.kind ?? "host") as Kind);
    const layers: Template["layers"] = [
      // What a kind says has nothing in the lab file that could be wrong with it.
      { data: role?.settings ?? {}, path: [] },
      ...(kind === "switch" || kind === "appliance"
        ? []
        : [{ data: this.#defaults.node ?? {}, path: ["defaults", "node"] }]),
      ...(role === undefined ? [{ data: this.#defaults[kind] ?? {}, path: ["defaults", kind] }] : []),
      { data: definition ?? {}, path },
    ];
    return { kind, role, path, layers: layers.filter(({ data }) => Object.keys(data).length > 0) };
  }

  /** @param definition for the interfaces, and to know nodes that may share their settings */
  fromTemplate(name: string, template: Template, definition: NodeDefinition, values: Placeholders): NodeDraft {
    const { findings } = this.#context;
    const { kind, path, role } = template;
    const nextPort = kind === "switch" ? 1 : (role?.interfaces?.first ?? 0);
    const base = { name, path, interfaces: new Map(), nextPort };
    const node = this.#draftOf(base, kind, template, definition, values);
    const interfaces = fillPlaceholders(definition?.interfaces ?? {}, values, [...path, "interfaces"], findings);
    for (const [interfaceName, form] of Object.entries(interfaces)) {
      const at = [...path, "interfaces", interfaceName];
      definedInterface(node, interfaceName, form, at, findings);
      if (node.kind === "switch") readPortVlans(node.settings, interfaceName, form, at, findings);
    }
    this.#draft.nodes.set(name, node);
    return node;
  }

  #draftOf(
    base: Pick<NodeDraft, "name" | "path" | "interfaces" | "nextPort">,
    kind: Kind,
    template: Template,
    definition: NodeDefinition,
    values: Placeholders,
  ): NodeDraft {
    switch (kind) {
      case "switch":
        return {
          ...base,
          kind,
          settings: switchSettings(this.#filled<SwitchDefinition>(template, values), this.#context),
        };
      case "appliance": {
        const layers = this.#filled<ApplianceDefinition>(template, values);
        return { ...base, kind, settings: applianceSettings(base.name, base.path, layers, this.#context) };
      }
      case "host":
      case "router":
        return {
          ...base,
          kind,
          ...(template.role === undefined ? {} : { role: this.#role(template.role, template, values) }),
          settings: this.#machineSettings(template, definition, values),
        };
      default:
        return kind satisfies never;
    }
  }

  /** Settings that wait for values known only later (`${node.asn}`) are made by `settle`. */
  settle(node: ProgramDraft, template: Template, definition: NodeDefinition, values: Placeholders): void {
    node.settings = this.#machineSettings(template, definition, values);
  }

  /** A kind's own keys are only in the node itself. */
  #role(kind: AnyKind, template: Template, values: Placeholders): RoleDraft {
    const own = this.#filled<Readonly<Record<string, unknown>>>(template, values).at(-1);
    const isOwn = own?.path === template.path;
    return { kind, options: isOwn ? roleOptions(kind, own.data, template.path, this.#context) : {} };
  }

  #machineSettings(template: Template, definition: NodeDefinition, values: Placeholders): MachineSettings {
    const key = definition ?? this.#defaults;
    const shared = this.#shared.get(key);
    if (shared !== undefined) return shared;
    const settings = machineSettings(this.#filled<MachineDefinition>(template, values), this.#context);
    if (!template.layers.some(({ data }) => hasPlaceholders(data))) this.#shared.set(key, settings);
    return settings;
  }

  #filled<Definition>({ layers }: Template, values: Placeholders): readonly Layer<Definition>[] {
    return layers.map(({ data, path }) => ({
      data: fillPlaceholders(data, values, path, this.#context.findings) as Definition,
      path,
    }));
  }
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
