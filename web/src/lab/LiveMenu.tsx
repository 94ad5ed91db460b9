import { Menu } from "@mantine/core";
import {
  IconActivity,
  IconEraser,
  IconLayoutColumns,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlug,
  IconPlugOff,
  IconPower,
  IconRefresh,
  IconTerminal2,
  IconWaveSine,
} from "@tabler/icons-react";
import type { LabDetail, LinkStatus, NodeStatus } from "../../../src/api/index.ts";
import type { MenuTarget } from "../graph/Graph.tsx";
import { MenuAt } from "../shell/MenuAt.tsx";
import type { LabVerbs } from "./verbs.ts";

/** What can be done to what was clicked. */
export function LiveMenu({
  target,
  detail,
  mayChange,
  verbs,
  onClose,
}: {
  readonly target: MenuTarget | undefined;
  readonly detail: LabDetail;
  readonly mayChange: boolean;
  readonly verbs: LabVerbs;
  readonly onClose: () => void;
}) {
  const node = target?.of === "node" ? detail.nodeStatus.find(({ name }) => name === target.id) : undefined;
  const link = target?.of === "link" ? detail.linkStatus.find(({ id }) => id === target.id) : undefined;
  if (target === undefined || (node === undefined && link === undefined)) return null;
  return (
    <MenuAt at={target} onClose={onClose}>
      {node !== undefined && <NodeItems node={node} mayChange={mayChange} verbs={verbs} />}
      {link !== undefined && <LinkItems link={link} mayChange={mayChange} verbs={verbs} />}
    </MenuAt>
  );
}

function NodeItems({
  node: { name, state, engine, interfaces },
  mayChange,
  verbs,
}: {
  readonly node: NodeStatus;
  readonly mayChange: boolean;
  readonly verbs: LabVerbs;
}) {
  const isSwitch = state === "none";
  const isOff = state === "off" || state === "failed";
  if (!mayChange) return <Menu.Label>{name}: you may only look</Menu.Label>;
  return (
    <>
      <Menu.Label>{name}</Menu.Label>
      {!isSwitch && engine !== "vm" && (
        <Menu.Item leftSection={<IconTerminal2 size={16} />} disabled={isOff} onClick={() => verbs.openTerminal(name)}>
          Open a terminal
        </Menu.Item>
      )}
      {!isSwitch && engine !== "vm" && (
        <Menu.Item
          leftSection={<IconLayoutColumns size={16} />}
          disabled={isOff}
          onClick={() => verbs.openBeside(name)}
        >
          Open one beside
        </Menu.Item>
      )}
      {engine !== undefined && (
        <Menu.Item leftSection={<IconTerminal2 size={16} />} onClick={() => verbs.openConsole(name)}>
          Open the console
        </Menu.Item>
      )}
      {!isSwitch && (
        <>
          <Menu.Divider />
          {isOff ? (
            <Menu.Item leftSection={<IconPower size={16} />} onClick={() => verbs.act(name, "start")}>
              Start
            </Menu.Item>
          ) : (
            <>
              {state === "paused" ? (
                <Menu.Item leftSection={<IconPlayerPlay size={16} />} onClick={() => verbs.act(name, "resume")}>
                  Resume
                </Menu.Item>
              ) : (
                <Menu.Item leftSection={<IconPlayerPause size={16} />} onClick={() => verbs.act(name, "pause")}>
                  Pause
                </Menu.Item>
              )}
              <Menu.Item leftSection={<IconRefresh size={16} />} onClick={() => verbs.act(name, "restart")}>
                Restart
              </Menu.Item>
              <Menu.Item leftSection={<IconPower size={16} />} onClick={() => verbs.act(name, "stop")}>
                Stop
              </Menu.Item>
              <Menu.Item color="red" leftSection={<IconPlugOff size={16} />} onClick={() => verbs.act(name, "kill")}>
                Pull the power
              </Menu.Item>
            </>
          )}
        </>
      )}
      {!isSwitch && interfaces.some(({ link }) => link !== undefined) && (
        <>
          <Menu.Divider />
          {interfaces
            .filter(({ link }) => link !== undefined)
            .slice(0, 8)
            .map(({ name: one }) => (
              <Menu.Item
                key={one}
                leftSection={<IconActivity size={16} />}
                onClick={() => verbs.capture(`${name}:${one}`)}
              >
                Capture {one}
              </Menu.Item>
            ))}
        </>
      )}
    </>
  );
}

function LinkItems({
  link: { id, a, b, state, ab, ba },
  mayChange,
  verbs,
}: {
  readonly link: LinkStatus;
  readonly mayChange: boolean;
  readonly verbs: LabVerbs;
}) {
  const title = `${a} to ${b}`;
  if (!mayChange) return <Menu.Label>{title}: you may only look</Menu.Label>;
  return (
    <>
      <Menu.Label>{title}</Menu.Label>
      {state === "up" ? (
        <Menu.Item leftSection={<IconPlugOff size={16} />} onClick={() => verbs.setLink(id, "down")}>
          Cut the link
        </Menu.Item>
      ) : (
        <Menu.Item leftSection={<IconPlug size={16} />} onClick={() => verbs.setLink(id, "up")}>
          Plug it in again
        </Menu.Item>
      )}
      <Menu.Item leftSection={<IconWaveSine size={16} />} onClick={() => verbs.impair(id)}>
        Impair…
      </Menu.Item>
      {(ab !== undefined || ba !== undefined) && (
        <Menu.Item leftSection={<IconEraser size={16} />} onClick={() => verbs.clearImpairment(id)}>
          Clear the impairment
        </Menu.Item>
      )}
      <Menu.Item leftSection={<IconActivity size={16} />} onClick={() => verbs.capture(id)}>
        Capture
      </Menu.Item>
    </>
  );
}
