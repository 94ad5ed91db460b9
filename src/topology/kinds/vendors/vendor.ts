import type * as z from "zod";
import { type ContainerSettings, defineKind, type InterfaceNaming, type KindFacts } from "../kind.ts";
import { textFile, textOrFile } from "../pieces.ts";
import type { Software } from "../software.ts";

/** What is known of a vendor's container, from its public documentation. None of their images was run. */
export type Vendor<Name extends string> = {
  readonly name: Name;
  readonly summary: string;
  readonly container: ContainerSettings;
  readonly interfaces: InterfaceNaming;
  /** Where it reads its startup configuration; absent: it takes none from a file. */
  readonly configPath?: string;
  /** In the container; succeeds when it can be worked with. */
  readonly ready?: readonly string[];
  /** Beside the container's own. */
  environment?(facts: KindFacts): Readonly<Record<string, string>>;
};

const options = {
  config: textOrFile("a configuration in the vendor's language")
    .optional()
    .describe("Startup configuration: its text, or {from: a path}"),
} as const;

type Options = { readonly config?: z.output<typeof options.config> };

/** How often a container is asked whether it is ready, a second between. */
const attempts = 110;

/** A router in a vendor's container. */
export const vendorKind = <const Name extends string>(vendor: Vendor<Name>) =>
  defineKind({
    name: vendor.name,
    summary: vendor.summary,
    base: "router",
    options,
    interfaces: vendor.interfaces,
    container: vendor.container,
    resolve: ({ config }: Options, facts) => {
      const { configPath } = vendor;
      if (config !== undefined && configPath === undefined)
        facts.report("it takes no configuration from a file", "Take config out; configure it when it runs.", [
          "config",
        ]);
      const software: Software = {
        programs: [],
        directories: [],
        files: config === undefined || configPath === undefined ? [] : [textFile(configPath, config)],
        services: [],
        setup: vendor.ready === undefined ? [] : [{ what: "Waiting for its system", command: asking(vendor.ready) }],
      };
      return { software, environment: vendor.environment?.(facts) ?? {} };
    },
  });

const asking = (words: readonly string[]) => ({
  argv: [
    "sh",
    "-c",
    `for attempt in $(seq ${attempts}); do "$@" >/dev/null 2>&1 && exit 0; sleep 1; done; exec "$@"`,
    "sh",
    ...words,
  ],
});
