import { Badge, Button, Code, Group, Modal, Stack, Text } from "@mantine/core";
import { IconChecks } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import type { ControlledLab } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import {
  labDetailQuery,
  labLinkChangesQuery,
  labQuery,
  labTextQuery,
  projectQuery,
  topologyQuery,
} from "../api/queries.ts";
import { useKeeping } from "../project/keeping.tsx";
import { useUnsaved } from "../shell/Leaving.tsx";
import { OthersHere } from "../shell/OthersHere.tsx";
import { Loading, Trouble } from "../shell/states.tsx";
import { placesIn } from "./annotations.ts";
import { samePlaces } from "./arrangement.ts";
import { readDocument } from "./document.ts";
import { Editor } from "./Editor.tsx";
import { useHistory } from "./history.ts";
import { NewerVersion } from "./NewerVersion.tsx";
import { changesText } from "./unwritten.ts";
import { asItRunsOf, type LabBase, noChanges, useLabBase } from "./useLabBase.ts";

type Names = { readonly project: string; readonly lab: string };

/** A lab that runs, to be changed: what a change would do is shown before it is done. */
export default function LabEditPage({ project, lab }: Names) {
  const owner = useQuery(projectQuery(project));
  const text = useQuery({ ...labTextQuery({ project, lab }), staleTime: Number.POSITIVE_INFINITY, gcTime: 0 });
  const known = useQuery(labQuery({ project, lab }));
  // Of a lab that does not run there are none; the plan shows what else differs.
  const links = useQuery({ ...labLinkChangesQuery({ project, lab }), gcTime: 0 });
  const from = known.data?.topology?.isChanged === false ? known.data.topology : undefined;
  const topology = useQuery({
    ...topologyQuery(project, from?.name ?? "", from?.version),
    enabled: from !== undefined,
    retry: false,
  });
  if (owner.isError || text.isError || known.isError)
    return (
      <div className="content">
        <Trouble error={owner.error ?? text.error ?? known.error} onRetry={() => void text.refetch()} />
      </div>
    );
  if (
    owner.isPending ||
    text.isPending ||
    known.isPending ||
    links.isPending ||
    (from !== undefined && topology.isPending)
  )
    return <Loading what="the lab" />;
  return (
    <Drawn
      project={project}
      lab={lab}
      known={known.data}
      first={{
        text: text.data.text,
        revision: text.data.revision,
        links: links.data ?? noChanges,
        layout: topology.data?.layout ?? {},
      }}
      isReadOnly={owner.data.role === "viewer" || known.data.state !== "running"}
    />
  );
}

function Drawn({
  project,
  lab,
  known,
  first,
  isReadOnly,
}: Names & { readonly known: ControlledLab; readonly first: LabBase; readonly isReadOnly: boolean }) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const { base, asItRuns, others, meanwhile, isRenewing, problem, renew } = useLabBase({ project, lab }, first);
  const { layout } = base;
  const [start] = useState(() => ({ text: asItRunsOf(first), layout: first.layout }));
  const history = useHistory(start);
  const { text: changed, layout: places } = history.draft;
  const inFile = useMemo(() => placesIn(readDocument(asItRuns)), [asItRuns]);
  /** Nodes were moved, and that alone. */
  const isRedrawn = changed === asItRuns && !samePlaces({ ...inFile, ...layout }, { ...inFile, ...places });
  const isAsItRuns = changed === asItRuns && !isRedrawn;
  const forget = useUnsaved(!isAsItRuns);
  const params = { project, lab };
  const plan = useMutation({
    mutationFn: (text: string) => call("POST", "/projects/:project/labs/:lab/plan", { params, body: { text } }),
  });
  const keeping = useKeeping(project, known, plan.isSuccess && !isReadOnly, ["Also save it", ""]);
  /** What the lab is by now, where that could not be saved as a topology. */
  const [applied, setApplied] = useState<string>();
  const leave = async () => {
    await client.invalidateQueries({ queryKey: labQuery(params).queryKey });
    await client.invalidateQueries({ queryKey: labDetailQuery(params).queryKey });
    forget();
    navigate(`/projects/${project}/labs/${lab}`);
  };
  const apply = useMutation({
    mutationFn: async (text: string) => {
      if (applied !== text)
        await call("POST", "/projects/:project/labs/:lab/apply", { params, body: { text }, ifMatch: base.revision });
      if (!keeping.isWanted) return;
      setApplied(text);
      await keeping.save(text);
    },
    onSuccess: leave,
  });
  const isKeptOpen = applied !== undefined && applied === plan.variables;
  const phases = Map.groupBy(plan.data?.steps ?? [], ({ phase }) => phase);
  const close = () => {
    // What was applied is not shown as if it were to be applied yet.
    if (isKeptOpen) {
      void leave();
      return;
    }
    plan.reset();
    apply.reset();
  };
  return (
    <>
      <Editor
        project={project}
        name={lab}
        history={history}
        isReadOnly={isReadOnly}
        notice={changesText(first.links)}
        news={
          meanwhile !== undefined &&
          !apply.isPending &&
          !apply.isSuccess && (
            <NewerVersion
              what={isAsItRuns || isReadOnly ? meanwhile : `${meanwhile} What you have changed is still here.`}
              isReadOnly={isReadOnly}
              isTaking={isRenewing}
              problem={problem}
              onTake={() => renew((now, text) => history.change(() => ({ text, layout: now.layout })))}
              onGoOn={() => renew(() => undefined)}
            />
          )
        }
        title={
          <Badge variant="light" color={isAsItRuns ? "gray" : "yellow"} tt="none" miw={96}>
            {isAsItRuns ? (known.state === "running" ? "as it runs" : known.state) : "not applied"}
          </Badge>
        }
        // A lab that was changed is of no version of a topology any more: where its nodes are drawn goes with its text.
        actions={(drawn) => (
          <Group gap={6} wrap="nowrap">
            <OthersHere others={others} />
            <Button size="xs" variant="default" onClick={() => navigate(`/projects/${project}/labs/${lab}`)}>
              Back to the lab
            </Button>
            {!isReadOnly && (
              <Button
                size="xs"
                leftSection={<IconChecks size={16} />}
                disabled={changed === base.text && !isRedrawn}
                loading={plan.isPending}
                onClick={() => plan.mutate(drawn())}
              >
                Show changes
              </Button>
            )}
          </Group>
        )}
      />
      <Modal opened={plan.isSuccess || plan.isError} onClose={close} title={`Changes to lab ${lab}`} size="lg">
        <Stack>
          {plan.isError && <Trouble error={plan.error} />}
          {plan.data?.steps.length === 0 && (
            <Text size="sm">Nothing of what runs changes; the {isRedrawn ? "drawing" : "text"} is kept.</Text>
          )}
          {[...phases].map(([phase, steps]) => (
            <div key={phase}>
              <Text fw={600} size="sm">
                {phase}
              </Text>
              <Code block>{steps.map(({ symbol, text: what }) => `${symbol} ${what}`).join("\n")}</Code>
            </div>
          ))}
          {plan.isSuccess && keeping.field}
          {apply.isError && isKeptOpen && <Text size="sm">It is applied, but not saved as a topology:</Text>}
          {apply.isError && <Trouble error={apply.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {isKeptOpen && apply.isError ? "Back to the lab" : "Cancel"}
            </Button>
            {plan.isSuccess && (
              <Button
                loading={apply.isPending}
                disabled={!keeping.isReady || (isKeptOpen && apply.isError && !keeping.isWanted)}
                onClick={() => apply.mutate(plan.variables)}
              >
                {isKeptOpen && apply.isError ? "Save" : "Apply"}
              </Button>
            )}
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
