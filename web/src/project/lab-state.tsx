import { Badge } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconHelpCircle,
  IconLoader2,
  type IconProps,
  IconSquare,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { ControlledLabState } from "../../../src/api/index.ts";

type Look = { readonly colour: string; readonly Icon: ComponentType<IconProps> };

/** Each state has a shape of its own: colour alone tells nothing to who does not see it. */
const looks: Readonly<Record<ControlledLabState, Look>> = {
  deploying: { colour: "blue", Icon: IconLoader2 },
  running: { colour: "green", Icon: IconCircleCheck },
  stopping: { colour: "orange", Icon: IconCircleDashed },
  stopped: { colour: "gray", Icon: IconSquare },
  failed: { colour: "red", Icon: IconAlertTriangle },
  unresponsive: { colour: "yellow", Icon: IconHelpCircle },
};

export function LabStateBadge({ state }: { readonly state: ControlledLabState }) {
  const { colour, Icon } = looks[state];
  return (
    <Badge color={colour} variant="light" tt="none" leftSection={<Icon size={13} aria-hidden />}>
      {state}
    </Badge>
  );
}
