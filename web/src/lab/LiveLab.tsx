import { Button, CloseButton, Group, Text, Title } from "@mantine/core";
import { IconLasso, IconScissors } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ReactFlowProvider } from "@xyflow/react";
import { lazy, Suspense, useCallback, useMemo, useRef, useState } from "react";
import type { LabDetail, LabEvent, Layout, LinkStatus, NodeStatus } from "../../../src/api/index.ts";
import { callLab, type LabAddress, labPath } from "../api/call.ts";
import { useLines } from "../api/follow.ts";
import { labDetailQuery } from "../api/queries.ts";
import type { DrawnLink, Selection } from "../graph/drawn.ts";
import { FindNode } from "../graph/FindNode.tsx";
import { Graph, type MenuTarget } from "../graph/Graph.tsx";
import { Groups } from "../graph/Groups.tsx";
import { Lasso } from "../graph/Lasso.tsx";
import type { NodeLook } from "../graph/NodeBox.tsx";
import { RatesOfLab } from "../graph/rates.ts";
import { usePlaces } from "../graph/useLayout.ts";
import { Loading } from "../shell/states.tsx";
import { Dock } from "./Dock.tsx";
import { FaultsPanel } from "./FaultsPanel.tsx";
import { impairmentWords } from "./impairment-words.ts";
import { LiveLinkPanel } from "./LiveLinkPanel.tsx";
import { LiveMenu } from "./LiveMenu.tsx";
import { LiveNodePanel } from "./LiveNodePanel.tsx";
import { groupsOf } from "./partition-groups.ts";
import { useDock } from "./useDock.ts";
import { useRates } from "./useRates.ts";
import type { LabVerbs } from "./verbs.ts";

const ImpairDialog = lazy(() => import("./ImpairDialog.tsx"));

const nothing: Selection = { nodes: [], links: [] };
const mostEvents = 2_000;
/**
 * From an event to a look at the whole lab, which a large one takes some time to tell of. What most events say is shown
 * before.
 */
const lookMs = (nodes: number): number => (nodes < 200 ? 150 : 1_000);

/** A lab that runs: its picture, what can be done to it, and below, its events, logs, terminals and captures. */
export function LiveLab({
  address,
  detail,
  layout,
  mayChange,
  isOld,
}: {
  readonly address: LabAddress;
  readonly detail: LabDetail;
  readonly layout: Layout | undefined;
  readonly mayChange: boolean;
  readonly isOld: boolean;
}) {
  const [selection, setSelection] = useState<Selection>(nothing);
  const [menu, setMenu] = useState<MenuTarget>();
  const [focus, setFocus] = useState<string>();
  const [impairs, setImpairs] = useState<string>();
  const dock = useDock(address);
  const [moved, setMoved] = useState<Layout>({});
  const [isLassoing, setLassoing] = useState(false);
  const groups = useMemo(() => groupsOf(detail), [detail]);
  const events = useLabEvents(address);
  const rates = useRates(address);

  const nodes = useEach(detail.nodeStatus, drawnNode);
  const links = useEach(detail.linkStatus, drawnLink);
  const given = useMemo(() => ({ ...layout, ...moved }), [layout, moved]);
  const names = useSteady(useMemo(() => nodes.map(({ name }) => name), [nodes]));
  const pairs = useMemo(() => links.map(({ a, b }) => [a, b] as const), [links]);
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
  const chosenNode =
    selection.nodes.length === 1 ? detail.nodeStatus.find(({ name }) => name === selection.nodes[0]) : undefined;
  const chosenLink =
    selection.nodes.length === 0 && selection.links.length === 1
      ? detail.linkStatus.find(({ id }) => id === selection.links[0])
      : undefined;
  const impaired = detail.linkStatus.find(({ id }) => id === impairs);
  const isParted = detail.partition.words[0] !== "heal";

  return (
    <RatesOfLab value={rates}>
      <div className="live">
        <section className="canvas" aria-label="Picture of the lab">
          {places === undefined ? (
            <Loading what="the picture" />
          ) : (
            <ReactFlowProvider>
              <Graph
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
                {groups.length > 0 && <Groups groups={groups} links={links} places={places} />}
                {isLassoing && (
                  <Lasso
                    places={places}
                    onChoose={(chosen) => setSelection({ nodes: chosen, links: [] })}
                    onEnd={() => setLassoing(false)}
                  />
                )}
              </Graph>
            </ReactFlowProvider>
          )}
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
            {selection.nodes.length > 0 && mayChange && splitWords(detail, selection.nodes) !== undefined && (
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<IconScissors size={16} />}
                onClick={() => verbs.partition(splitWords(detail, selection.nodes) ?? [])}
              >
                Part {selection.nodes.length === 1 ? selection.nodes[0] : `${selection.nodes.length} nodes`} from the
                rest
              </Button>
            )}
            {isParted && (
              <Group gap={6} className="notice" role="status">
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
              <Text size="sm" className="notice" role="status">
                The lab does not answer just now: this is how it was.
              </Text>
            )}
            {actions.error !== null && (
              <Group gap={6} className="notice notice-red" role="alert" wrap="nowrap">
                <Text size="sm">{actions.error.message}</Text>
                <CloseButton size="sm" aria-label="Close the message" onClick={actions.reset} />
              </Group>
            )}
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

const drawnNode = ({ name, kind, state }: NodeStatus): NodeLook => ({ name, kind, state });

function drawnLink({ id, a, b, state, ab, ba, blocked }: LinkStatus): DrawnLink {
  const [one, other] = [endOf(a), endOf(b)];
  return {
    id,
    a: one.node,
    b: other.node,
    aInterface: one.interface,
    bInterface: other.interface,
    state,
    isImpaired: ab !== undefined || ba !== undefined,
    isBlocked: blocked !== undefined && blocked.length > 0,
    words: impairmentWords(ab, ba),
  };
}

/** What is made of each item. Of an item that is the same as before, so is what is made of it. */
function useEach<Item extends object, Made>(items: readonly Item[], make: (item: Item) => Made): readonly Made[] {
  const [made] = useState(() => new WeakMap<Item, Made>());
  return useMemo(
    () =>
      items.map((item) => {
        const known = made.get(item) ?? make(item);
        made.set(item, known);
        return known;
      }),
    [items, made, make],
  );
}

/** The same list, as long as the same is in it: what is made of it is not made again. */
function useSteady(items: readonly string[]): readonly string[] {
  const last = useRef(items);
  if (last.current.length !== items.length || last.current.some((item, index) => item !== items[index]))
    last.current = items;
  return last.current;
}

const endOf = (text: string) => {
  const at = text.indexOf(":");
  return at < 0 ? { node: text, interface: "" } : { node: text.slice(0, at), interface: text.slice(at + 1) };
};

/** Switches are in no group: what they join, they join. */
function splitWords(detail: LabDetail, chosen: readonly string[]): readonly string[] | undefined {
  const machines = detail.nodeStatus.filter(({ state }) => state !== "none").map(({ name }) => name);
  const inside = machines.filter((name) => chosen.includes(name));
  const outside = machines.filter((name) => !chosen.includes(name));
  if (inside.length === 0 || outside.length === 0) return undefined;
  return ["split", ...inside, "--", ...outside];
}

/** What happens in the lab, from its beginning; the lab is looked at again when something has. */
function useLabEvents(address: LabAddress): readonly LabEvent[] {
  const client = useQueryClient();
  const [events, setEvents] = useState<readonly LabEvent[]>([]);
  const last = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const { queryKey } = labDetailQuery(address);
  useLines<LabEvent>(
    labPath(address, "/events"),
    () => ({ from: last.current + 1, follow: true }),
    (lines) => {
      const fresh = lines.filter(({ id }) => id > last.current);
      if (fresh.length === 0) return;
      last.current = fresh.at(-1)?.id ?? last.current;
      setEvents((known) => [...known, ...fresh].slice(-mostEvents));
      // What an event says itself is shown at once; the rest is asked for. An answer on its way is older.
      if (client.getQueryData(queryKey) !== undefined) void client.cancelQueries({ queryKey }, { revert: false });
      client.setQueryData(queryKey, (known) => (known === undefined ? known : withEvents(known, fresh)));
      timer.current ??= setTimeout(
        () => {
          timer.current = undefined;
          void client.invalidateQueries({ queryKey });
        },
        lookMs(client.getQueryData<LabDetail>(queryKey)?.nodes ?? 0),
      );
    },
  );
  return events;
}

function withEvents(detail: LabDetail, events: readonly LabEvent[]): LabDetail {
  const states = new Map(
    events.flatMap(({ type, subject }) =>
      type === "link.up" || type === "link.down" ? [[subject, type === "link.up" ? "up" : "down"] as const] : [],
    ),
  );
  const nodes = new Map(
    events.flatMap(({ type, subject, data }) =>
      type === "node.failed"
        ? [[subject, "failed"] as const]
        : type === "node.changed" && data?.["state"] !== undefined
          ? [[subject, data["state"] as NodeStatus["state"]] as const]
          : [],
    ),
  );
  if (states.size === 0 && nodes.size === 0) return detail;
  return {
    ...detail,
    nodeStatus:
      nodes.size === 0
        ? detail.nodeStatus
        : detail.nodeStatus.map((node) => {
            const state = nodes.get(node.name);
            return state === undefined || state === node.state ? node : { ...node, state };
          }),
    linkStatus:
      states.size === 0
        ? detail.linkStatus
        : detail.linkStatus.map((link) => {
            const state = states.get(link.id);
            return state === undefined || state === link.state ? link : { ...link, state };
          }),
  };
}

/** What can be done to a lab at once. */
function useVerbs(address: LabAddress) {
  const client = useQueryClient();
  const { queryKey } = labDetailQuery(address);
  const onSettled = () => client.invalidateQueries({ queryKey });
  const setLink = useMutation({
    mutationFn: ({ link, state }: { readonly link: string; readonly state: "up" | "down" }) =>
      callLab(address, "POST", "/links/:link/state", { params: { link }, body: { state } }),
    onSettled,
  });
  const clear = useMutation({
    mutationFn: (link: string) =>
      callLab(address, "POST", "/links/:link/impairment", { params: { link }, body: { ab: {}, ba: {} } }),
    onSettled,
  });
  const act = useMutation({
    mutationFn: ({ node, action }: { readonly node: string; readonly action: Parameters<LabVerbs["act"]>[1] }) =>
      callLab(address, "POST", "/nodes/:node/action", { params: { node }, body: { action } }),
    onSettled,
  });
  const partition = useMutation({
    mutationFn: (words: readonly string[]) => callLab(address, "POST", "/partition", { body: { words: [...words] } }),
    onSettled,
  });
  const all = [setLink, clear, act, partition];
  return {
    setLink: (link: string, state: "up" | "down") => setLink.mutate({ link, state }),
    clearImpairment: (link: string) => clear.mutate(link),
    act: (node: string, action: Parameters<LabVerbs["act"]>[1]) => act.mutate({ node, action }),
    partition: (words: readonly string[]) => partition.mutate(words),
    error: all.map(({ error }) => error).find((error) => error !== null) ?? null,
    reset: () => {
      for (const one of all) one.reset();
    },
  };
}
