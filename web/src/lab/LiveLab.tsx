import { Button, CloseButton, Group, Text, Title } from "@mantine/core";
import { IconLasso, IconScissors } from "@tabler/icons-react";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import type { LabDetail, Layout } from "../../../src/api/index.ts";
import type { LabAddress } from "../api/call.ts";
import type { Selection } from "../graph/drawn.ts";
import { FindNode } from "../graph/FindNode.tsx";
import type { MenuTarget } from "../graph/Graph.tsx";
import { Groups } from "../graph/Groups.tsx";
import { Lasso } from "../graph/Lasso.tsx";
import { Picture } from "../graph/Picture.tsx";
import { RatesOfLab } from "../graph/rates.ts";
import { usePlaces } from "../graph/useLayout.ts";
import { useSettled } from "../graph/useSettled.ts";
import { Dock } from "./Dock.tsx";
import { FaultsPanel } from "./FaultsPanel.tsx";
import { FileMarks } from "./FileMarks.tsx";
import type { FileDrawing } from "./file-drawing.ts";
import { LiveLinkPanel } from "./LiveLinkPanel.tsx";
import { LiveMenu } from "./LiveMenu.tsx";
import { LiveNodePanel } from "./LiveNodePanel.tsx";
import { useLiveDrawing } from "./live-drawing.ts";
import { groupsOf, splitWords } from "./partition-groups.ts";
import { useDock } from "./useDock.ts";
import { useLabEvents } from "./useLabEvents.ts";
import { useRates } from "./useRates.ts";
import { useVerbs } from "./useVerbs.ts";
import type { LabVerbs } from "./verbs.ts";

const ImpairDialog = lazy(() => import("./ImpairDialog.tsx"));

const nothing: Selection = { nodes: [], links: [] };
/** A second click opens a terminal. */
const doubleClickMs = 300;

/** A lab that runs: its picture, what can be done to it, and below, its events, logs, terminals and captures. */
export function LiveLab({
  address,
  detail,
  layout,
  drawing,
  mayChange,
  isOld,
}: {
  readonly address: LabAddress;
  readonly detail: LabDetail;
  readonly layout: Layout | undefined;
  readonly drawing: FileDrawing;
  readonly mayChange: boolean;
  readonly isOld: boolean;
}) {
  const [selection, setSelection] = useState<Selection>(nothing);
  /** Of which details are shown. */
  const told = useSettled(selection, doubleClickMs);
  const [menu, setMenu] = useState<MenuTarget>();
  const [focus, setFocus] = useState<string>();
  const [impairs, setImpairs] = useState<string>();
  const dock = useDock(address);
  const [moved, setMoved] = useState<Layout>({});
  const [isLassoing, setLassoing] = useState(false);
  const groups = useMemo(() => groupsOf(detail), [detail]);
  const events = useLabEvents(address, detail.name);
  const rates = useRates(address);

  const { nodes, links, names, pairs } = useLiveDrawing(detail);
  const given = useMemo(() => ({ ...drawing.places, ...layout, ...moved }), [drawing.places, layout, moved]);
  const places = usePlaces(names, pairs, given);

  const find = useCallback((found: string | undefined) => {
    setFocus(found);
    if (found !== undefined) setSelection({ nodes: [found], links: [] });
  }, []);
  const actions = useVerbs(address);
  const verbs: LabVerbs = {
    ...actions,
    openTerminal: (node) => dock.act({ do: "open", pane: { is: "terminal", node } }),
    openBeside: (node) => dock.act({ do: "split", pane: { is: "terminal", node }, direction: "beside" }),
    openConsole: (node) => dock.act({ do: "open", pane: { is: "console", node } }),
    capture: (target) => dock.act({ do: "open", pane: { is: "capture", target } }),
    impair: setImpairs,
  };
  const chosenNode = told.nodes.length === 1 ? detail.nodeStatus.find(({ name }) => name === told.nodes[0]) : undefined;
  const chosenLink =
    told.nodes.length === 0 && told.links.length === 1
      ? detail.linkStatus.find(({ id }) => id === told.links[0])
      : undefined;
  const impaired = detail.linkStatus.find(({ id }) => id === impairs);
  const parting = splitWords(detail, selection.nodes);
  const isParted = detail.partition.words[0] !== "heal";

  return (
    <RatesOfLab value={rates}>
      <div className="live">
        <section className="canvas" aria-label="Picture of the lab">
          <div className="picture">
            <Picture
              nodes={nodes}
              links={links}
              places={places}
              selection={selection}
              focus={focus}
              onSelect={setSelection}
              onMove={(at) => setMoved((known) => ({ ...known, ...at }))}
              onMenu={setMenu}
              onOpen={(node) => {
                const known = detail.nodeStatus.find(({ name }) => name === node);
                if (!mayChange || known === undefined || known.state === "none") return;
                if (known.engine === "vm") verbs.openConsole(node);
                else verbs.openTerminal(node);
              }}
            >
              <FileMarks notes={drawing.notes} groups={drawing.groups} />
              {groups.length > 0 && places !== undefined && <Groups groups={groups} links={links} places={places} />}
              {isLassoing && places !== undefined && (
                <Lasso
                  places={places}
                  onChoose={(chosen) => setSelection({ nodes: chosen, links: [] })}
                  onEnd={() => setLassoing(false)}
                />
              )}
            </Picture>
            <div className="live-tools">
              <FindNode names={names} focus={focus} onFind={find} />
              {mayChange && (
                <Button
                  size="compact-sm"
                  variant={isLassoing ? "filled" : "default"}
                  aria-pressed={isLassoing}
                  leftSection={<IconLasso size={16} />}
                  onClick={() => setLassoing(!isLassoing)}
                >
                  Lasso
                </Button>
              )}
              {mayChange && parting !== undefined && (
                <Button
                  size="compact-sm"
                  variant="default"
                  leftSection={<IconScissors size={16} />}
                  onClick={() => verbs.partition(parting)}
                >
                  Part {selection.nodes.length === 1 ? selection.nodes[0] : `${selection.nodes.length} nodes`} from the
                  rest
                </Button>
              )}
              {isParted && (
                <Group gap={6} className="live-notice" role="status">
                  <Text size="sm" maw={360} truncate title={detail.partition.words.join(" ")}>
                    Parted: {detail.partition.words.join(" ")}
                  </Text>
                  {mayChange && (
                    <Button size="compact-xs" variant="white" onClick={() => verbs.partition(["heal"])}>
                      Heal
                    </Button>
                  )}
                </Group>
              )}
              {isOld && (
                <Text size="sm" className="live-notice" role="status">
                  The lab does not answer just now: this is how it was.
                </Text>
              )}
              {actions.error !== null && (
                <Group gap={6} className="live-notice live-notice-red" role="alert" wrap="nowrap">
                  <Text size="sm">{actions.error.message}</Text>
                  <CloseButton size="sm" aria-label="Close the message" onClick={actions.reset} />
                </Group>
              )}
            </div>
          </div>
          {(chosenNode !== undefined || chosenLink !== undefined) && (
            <aside className="panel" aria-label="Details">
              <Group justify="space-between" mb="xs" wrap="nowrap">
                <Title order={2} size="h5">
                  {chosenNode === undefined ? "Link" : chosenNode.name}
                </Title>
                <CloseButton aria-label="Close the details" onClick={() => setSelection(nothing)} />
              </Group>
              {chosenNode !== undefined && (
                <LiveNodePanel
                  node={chosenNode}
                  processes={detail.processStatus.filter(({ node }) => node === chosenNode.name)}
                  mayChange={mayChange}
                  verbs={verbs}
                />
              )}
              {chosenLink !== undefined && (
                <LiveLinkPanel address={address} link={chosenLink} mayChange={mayChange} verbs={verbs} />
              )}
            </aside>
          )}
        </section>
        <Dock address={address} events={events} nodes={names} state={dock.state} act={dock.act}>
          <FaultsPanel address={address} events={events} mayChange={mayChange} />
        </Dock>
        <LiveMenu
          target={menu}
          detail={detail}
          mayChange={mayChange}
          verbs={verbs}
          onClose={() => setMenu(undefined)}
        />
        {impaired !== undefined && (
          <Suspense>
            <ImpairDialog address={address} link={impaired} onClose={() => setImpairs(undefined)} />
          </Suspense>
        )}
      </div>
    </RatesOfLab>
  );
}
