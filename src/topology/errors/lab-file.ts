import { addressErrors } from "./lab-file/addresses.ts";
import { applianceErrors } from "./lab-file/appliances.ts";
import { containerFileErrors } from "./lab-file/containers.ts";
import { generateErrors } from "./lab-file/generate.ts";
import { imageFileErrors } from "./lab-file/images.ts";
import { impairmentErrors } from "./lab-file/impairments.ts";
import { kindErrors } from "./lab-file/kinds.ts";
import { linkErrors } from "./lab-file/links.ts";
import { nodeErrors } from "./lab-file/nodes.ts";
import { reachErrors } from "./lab-file/reach.ts";
import { schemaErrors } from "./lab-file/schema.ts";
import { sourceErrors } from "./lab-file/source.ts";
import { switchErrors } from "./lab-file/switches.ts";

/** Errors and warnings of the lab file: exit code 2, nothing started. One file per topic. */
export const labFileErrors = {
  ...sourceErrors,
  ...schemaErrors,
  ...linkErrors,
  ...switchErrors,
  ...impairmentErrors,
  ...addressErrors,
  ...nodeErrors,
  ...kindErrors,
  ...imageFileErrors,
  ...containerFileErrors,
  ...applianceErrors,
  ...generateErrors,
  ...reachErrors,
} as const;
