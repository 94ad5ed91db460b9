import { Badge, Button, Group, Modal, Popover, Stack, Text, TextInput } from "@mantine/core";
import { IconDeviceFloppy, IconHistory, IconPlayerPlay } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useSearch } from "wouter";
import type { TopologyVersion } from "../../../src/api/index.ts";
import { CallError, call } from "../api/call.ts";
import { projectQuery, sessionQuery, topologiesQuery, topologyQuery, versionsQuery } from "../api/queries.ts";
import { DeployDialog } from "../project/DeployDialog.tsx";
import type { DeploySource } from "../project/deploy.ts";
import { Form } from "../shell/Form.tsx";
import { useUnsaved } from "../shell/Leaving.tsx";
import { OthersHere } from "../shell/OthersHere.tsx";
import { calledOf } from "../shell/people.ts";
import { Loading, Trouble } from "../shell/states.tsx";
import { Editor } from "./Editor.tsx";
import { useHistory } from "./history.ts";
import { NewerVersion } from "./NewerVersion.tsx";
import { NoTopology } from "./NoTopology.tsx";
import { newMark, topologyPath } from "./paths.ts";
import { useNewestVersion } from "./useNewestVersion.ts";
import { VersionsDialog } from "./VersionsDialog.tsx";

type Names = { readonly project: string; readonly topology: string };

/** A topology, to be drawn, written, saved as a version and deployed. */
export default function TopologyPage({ project, topology }: Names) {
  const owner = useQuery(projectQuery(project));
  const isMarked = new URLSearchParams(useSearch()).has(newMark);
  // Once it is saved, its address has the mark no more, and it is drawn on.
  const [wasMarked, setWasMarked] = useState(isMarked);
  if (isMarked && !wasMarked) setWasMarked(true);
  // What is being edited is not changed by what others save: saving tells of it.
  const newest = useQuery({ ...topologyQuery(project, topology), staleTime: Number.POSITIVE_INFINITY, gcTime: 0 });
  if (owner.isPending || newest.isPending) return <Loading what="the topology" />;
  const isToBeDrawn = wasMarked && owner.data?.role !== "viewer";
  const isNew = newest.error instanceof CallError && newest.error.code === "TOPOLOGY_NOT_FOUND";
  const error = owner.error ?? (isNew ? null : newest.error);
  if (isNew && !isToBeDrawn)
    return <NoTopology project={project} topology={topology} mayDraw={owner.data?.role !== "viewer"} />;
  if (error !== null)
    return (
      <div className="content">
        <Trouble error={error} onRetry={() => void newest.refetch()} />
      </div>
    );
  return (
    <Drawn
      key={newest.data?.version ?? 0}
      project={project}
      topology={topology}
      saved={newest.data}
      isReadOnly={owner.data?.role === "viewer"}
    />
  );
}

function Drawn({
  project,
  topology,
  saved: first,
  isReadOnly,
}: Names & { readonly saved: TopologyVersion | undefined; readonly isReadOnly: boolean }) {
  const client = useQueryClient();
  const [saved, setSaved] = useState(first);
  const history = useHistory({
    text: first?.text ?? `name: ${topology}\n\nnodes: {}\n`,
    layout: first?.layout ?? {},
  });
  const { draft } = history;
  const isChanged = saved === undefined || saved.text !== draft.text || !isSame(saved.layout ?? {}, draft.layout);
  const [message, setMessage] = useState("");
  const [asksMessage, setAsksMessage] = useState(false);
  const [deploys, setDeploys] = useState(false);
  /** The list of versions, and which of them to begin with. */
  const [versions, setVersions] = useState<{ readonly isOpen: boolean; readonly at?: number }>({ isOpen: false });
  const { newest, others, look } = useNewestVersion(project, topology);
  const self = useQuery(sessionQuery).data?.user.name;
  const [seen, setSeen] = useState(0);
  const save = useMutation({
    mutationFn: ({ over }: { readonly over: boolean }) =>
      call("PUT", "/projects/:project/topologies/:topology", {
        params: { project, topology },
        body: { text: draft.text, message, layout: draft.layout },
        ...(over ? {} : { ifMatch: saved?.version ?? 0 }),
      }),
    // Who saved meanwhile may not have been heard yet.
    onError: look,
    onSuccess: (version) => {
      setSaved(version);
      // It is to be drawn no more: loaded again, it is what was saved.
      window.history.replaceState(window.history.state, "", topologyPath(project, topology));
      setMessage("");
      setAsksMessage(false);
      void client.invalidateQueries({ queryKey: topologiesQuery(project).queryKey });
      void client.invalidateQueries({ queryKey: versionsQuery(project, topology).queryKey });
    },
  });
  /** What is deployed is a version that stays: nothing is left behind unsaved, and the lab is drawn as it was here. */
  const deploy = () => {
    if (!isChanged) setDeploys(true);
    else
      save.mutate(
        { over: false },
        {
          onSuccess: () => setDeploys(true),
          // It is told where versions are saved.
          onError: () => setAsksMessage(true),
        },
      );
  };
  /** Another's version in place of what is here: undoing brings that back, and saving goes on from this one. */
  const take = ({ text, layout, ...version }: TopologyVersion) => {
    setSaved({ text, ...version, ...(layout === undefined ? {} : { layout }) });
    history.change(() => ({ text, layout: layout ?? {} }));
  };
  const taking = useMutation({
    mutationFn: (version: number) => client.fetchQuery(topologyQuery(project, topology, version)),
    onSuccess: take,
  });
  // What is being saved here is the newest before its answer is here.
  const newer = newest === undefined || newest.version <= (saved?.version ?? 0) || save.isPending ? undefined : newest;
  const author = others.people.find(({ name }) => name === newer?.author);
  const who = newer?.author === self ? "You" : author === undefined ? newer?.author : calledOf(author);
  const what =
    newer &&
    `${who} saved version ${newer.version}${who === "You" ? " in another window" : ""}${newer.message === "" ? "" : `: “${newer.message}”`}.`;
  useUnsaved(isChanged && history.canUndo);
  const isConflict = save.error instanceof CallError && save.error.code === "CHANGED_MEANWHILE";
  const source: DeploySource =
    saved === undefined || isChanged ? { text: draft.text } : { topology: { name: topology, version: saved.version } };
  return (
    <>
      <Editor
        project={project}
        name={topology}
        history={history}
        isReadOnly={isReadOnly}
        news={
          newer !== undefined &&
          what !== undefined &&
          newer.version > seen && (
            <NewerVersion
              what={isChanged && !isReadOnly ? `${what} What you have changed is still here.` : what}
              isReadOnly={isReadOnly}
              isTaking={taking.isPending}
              problem={taking.error?.message}
              onCompare={() => setVersions({ isOpen: true, at: newer.version })}
              onTake={() => taking.mutate(newer.version)}
              onGoOn={() => setSeen(newer.version)}
            />
          )
        }
        title={
          <Badge variant="light" color={isChanged ? "yellow" : "gray"} tt="none" miw={96}>
            {saved === undefined ? "not saved yet" : `version ${saved.version}${isChanged ? ", changed" : ""}`}
          </Badge>
        }
        actions={() => (
          <Group gap={6} wrap="nowrap">
            <OthersHere others={others} />
            {saved !== undefined && (
              <Button
                size="xs"
                variant="default"
                leftSection={<IconHistory size={16} />}
                onClick={() => setVersions({ isOpen: true })}
              >
                Versions
              </Button>
            )}
            {!isReadOnly && (
              <>
                <Popover opened={asksMessage} onChange={setAsksMessage} position="bottom-end" trapFocus withinPortal>
                  <Popover.Target>
                    <Button
                      size="xs"
                      variant="default"
                      leftSection={<IconDeviceFloppy size={16} />}
                      disabled={!isChanged}
                      loading={save.isPending && !asksMessage}
                      // Of the first version, there is nothing to say that has changed.
                      onClick={() => {
                        if (saved !== undefined || asksMessage) setAsksMessage(!asksMessage);
                        else save.mutate({ over: false }, { onError: () => setAsksMessage(true) });
                      }}
                    >
                      Save
                    </Button>
                  </Popover.Target>
                  <Popover.Dropdown>
                    <Form
                      action={isConflict ? { ...save, error: null } : save}
                      verb={`Save as version ${((newer ?? saved)?.version ?? 0) + 1}`}
                      isReady
                      onSubmit={() => save.mutate({ over: false })}
                      gap="xs"
                      w={260}
                      button={{ size: "xs" }}
                    >
                      <TextInput
                        size="xs"
                        label="What has changed"
                        description="For the list of versions; may be empty"
                        value={message}
                        onChange={({ currentTarget }) => setMessage(currentTarget.value)}
                      />
                    </Form>
                  </Popover.Dropdown>
                </Popover>
                <Button size="xs" leftSection={<IconPlayerPlay size={16} />} loading={save.isPending} onClick={deploy}>
                  Deploy
                </Button>
              </>
            )}
          </Group>
        )}
      />
      <Modal opened={isConflict} onClose={() => save.reset()} title="This topology was saved meanwhile">
        <Stack>
          <Text size="sm">
            {what ?? "Somebody else saved it."} Your changes are still here. Save them as the newest version, over the
            other one, which stays in the list of versions; or go on editing and look at the other one first.
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={() => save.reset()}>
              Go on editing
            </Button>
            {newer !== undefined && (
              <Button
                variant="default"
                onClick={() => {
                  save.reset();
                  setVersions({ isOpen: true, at: newer.version });
                }}
              >
                Look at the differences
              </Button>
            )}
            <Button onClick={() => save.mutate({ over: true })}>Save mine as the newest</Button>
          </Group>
        </Stack>
      </Modal>
      <VersionsDialog
        project={project}
        topology={topology}
        key={versions.at}
        at={versions.at}
        text={draft.text}
        isReadOnly={isReadOnly}
        isOpen={versions.isOpen}
        onClose={() => setVersions((known) => ({ ...known, isOpen: false }))}
        onRestore={(version) => {
          if (version.version > (saved?.version ?? 0)) take(version);
          else history.change((now) => ({ text: version.text, layout: version.layout ?? now.layout }));
        }}
      />
      <DeployDialog
        project={project}
        source={deploys ? source : undefined}
        suggestion={topology}
        onClose={() => setDeploys(false)}
      />
    </>
  );
}

const isSame = (one: object, other: object): boolean => JSON.stringify(one) === JSON.stringify(other);
