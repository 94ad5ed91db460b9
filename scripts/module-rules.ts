import type { ICruiseOptions, IForbiddenRuleType } from "dependency-cruiser";

/**
 * Who may import whom, type imports included (docs: architecture). Every folder of src/ is in this
 * table; scripts/check-modules.ts fails when one is not, or when no module is seen at all.
 */
export const mayImport: Readonly<Record<string, readonly string[]>> = {
  topology: [],
  kernel: [],
  api: [],
  archive: ["kernel", "topology"],
  dataplane: ["kernel"],
  gate: ["kernel", "topology"],
  containers: ["kernel", "topology"],
  engines: ["archive", "containers", "kernel", "topology"],
  images: ["kernel", "topology"],
  kinds: ["kernel", "topology"],
  lab: ["archive", "containers", "engines", "kinds", "dataplane", "gate", "kernel", "topology", "api"],
  client: ["archive", "containers", "images", "api", "topology"],
  cli: ["client", "controller", "images", "topology", "api"],
  testing: ["client", "topology", "api"],
  controller: ["client", "topology", "api"],
};

/** The pages run in a browser: of src/ they take what is pure. */
const pagesMayImport = ["api", "client", "topology", "testing/packets"];

/** Libraries that belong to one layer: FFI to the kernel, terminal output to the command line, the server to the supervisor. */
const onlyIn: Readonly<Record<string, readonly string[]>> = {
  koffi: ["kernel"],
  commander: ["cli"],
  listr2: ["cli"],
  fastify: ["lab", "controller"],
};

/** Packages that scripts/build.ts bundles: published as a part of Netwright, so they need no installing. */
const bundled = [
  "@fastify/cookie",
  "@fastify/static",
  "commander",
  "fastify",
  "kysely",
  "listr2",
  "openid-client",
  "pg",
  "pino",
  "tar-stream",
  "ws",
  "yaml",
];

const layerRules: IForbiddenRuleType[] = Object.entries(mayImport).map(([layer, allowed]) => ({
  name: `layer-${layer}`,
  comment: `src/${layer} may import ${allowed.length === 0 ? "nothing of the project" : allowed.join(", ")}.`,
  severity: "error",
  from: { path: `^src/${layer}/` },
  to: { path: "^(src|tests|bench|scripts|examples|web)/", pathNot: `^src/(${[layer, ...allowed].join("|")})/` },
}));

const pagesRule: IForbiddenRuleType = {
  name: "layer-web",
  comment: `web may import ${pagesMayImport.join(", ")}.`,
  severity: "error",
  from: { path: "^web/src/" },
  to: { path: "^(src|tests|bench|scripts)/", pathNot: `^src/(${pagesMayImport.join("|")})/` },
};

const libraryRules: IForbiddenRuleType[] = Object.entries(onlyIn).map(([library, layers]) => ({
  name: `only-in-${library}`,
  comment: `${library} belongs to ${layers.join(", ")}.`,
  severity: "error",
  from: { path: "^src/", pathNot: `^src/(${layers.join("|")})/` },
  to: { path: `(^|/)node_modules/${library}/` },
}));

export const forbidden: IForbiddenRuleType[] = [
  ...layerRules,
  pagesRule,
  ...libraryRules,
  {
    name: "one-registry",
    comment: "An engine or a kind knows no other; only the registry knows them all.",
    severity: "error",
    from: { path: "^src/(engines|kinds)/([^/]+)/" },
    to: { path: "^src/$1/[^/]+/", pathNot: "^src/$1/$2/" },
  },
  {
    name: "no-cycles",
    comment: "Files that import each other at run time cannot be understood, or loaded, one by one.",
    severity: "error",
    from: { path: "^(src|web/src)/" },
    to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
  },
  {
    name: "unresolved",
    comment: "An import that leads nowhere.",
    severity: "error",
    from: { path: "^(src|web/src)/" },
    to: { couldNotResolve: true },
  },
  {
    name: "no-development-packages",
    comment: "What is published may use the packages under dependencies, and those meant to be bundled.",
    severity: "error",
    // The fixtures for Vitest run in the Vitest of whoever tests: a peer of the package.
    from: { path: "^src/", pathNot: "^src/testing/vitest[.]ts$" },
    to: {
      path: "(^|/)node_modules/",
      pathNot: `(^|/)node_modules/(@types/node|${bundled.join("|")})/`,
      dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"],
    },
  },
];

export const options: ICruiseOptions = {
  tsPreCompilationDeps: true,
  tsConfig: { fileName: "tsconfig.json" },
  doNotFollow: { path: "node_modules" },
  enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
};
