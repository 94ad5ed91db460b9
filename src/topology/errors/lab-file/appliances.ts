import { entry } from "../entry.ts";

/** Errors of appliances in a lab file. */
export const applianceErrors = {
  APPLIANCE_BOOTS_NOTHING: entry<{ node: string }>({
    exitCode: 2,
    message: ({ node }) => `${node} has nothing to start from.`,
    remedy: () => "Give it an image: or a kernel:.",
  }),
  PROCESS_ON_APPLIANCE: entry<{ process: string; node: string }>({
    exitCode: 2,
    message: ({ process, node }) =>
      `${process} cannot run on ${node}: only its own system runs programs in a virtual machine.`,
    remedy: () => "Name a host or a router.",
  }),
  APPLIANCE_NEEDS_SEED: entry<{ node: string; what: string }>({
    exitCode: 2,
    message: ({ node, what }) => `Nothing in ${node} would set its ${what}: it has no cloud-init.`,
    remedy: () => "Add cloud-init: true where the guest has it, or set it in the guest and take it out here.",
  }),
  APPLIANCE_SETTING: entry<{ what: string; text: string; range: string }>({
    exitCode: 2,
    message: ({ what, text }) => `${what} cannot be ${text}.`,
    remedy: ({ range }) => `It is ${range}.`,
  }),
} as const;
