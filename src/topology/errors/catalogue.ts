import { captureErrors } from "./captures.ts";
import { containerErrors } from "./containers.ts";
import { controllerErrors } from "./controller.ts";
import { faultErrors } from "./faults.ts";
import { fileErrors } from "./files.ts";
import { hostErrors } from "./host.ts";
import { httpErrors } from "./http.ts";
import { imageErrors } from "./images.ts";
import { labErrors } from "./lab.ts";
import { labFileErrors } from "./lab-file.ts";
import { packetErrors } from "./packets.ts";
import { partitionErrors } from "./partition.ts";
import { reachRunErrors } from "./reach.ts";
import { switchErrors } from "./switches.ts";
import { usageErrors } from "./usage.ts";
import { verificationErrors } from "./verification.ts";
import { vmErrors } from "./vm.ts";

/** Every error Netwright can report, by stable code. One file per domain; the documentation's error page is made from this. */
export const catalogue = {
  ...labFileErrors,
  ...labErrors,
  ...hostErrors,
  ...switchErrors,
  ...partitionErrors,
  ...faultErrors,
  ...captureErrors,
  ...fileErrors,
  ...packetErrors,
  ...usageErrors,
  ...vmErrors,
  ...imageErrors,
  ...verificationErrors,
  ...reachRunErrors,
  ...containerErrors,
  ...controllerErrors,
  ...httpErrors,
} as const;

export type Catalogue = typeof catalogue;
export type ErrorCode = keyof Catalogue;
