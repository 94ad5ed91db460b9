import { Badge, Button, Code, Group, Modal, Stack, Text } from "@mantine/core";
import { IconChecks } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import type { Layout } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { labQuery, labTextQuery, projectQuery, topologyQuery } from "../api/queries.ts";
import { Loading, Trouble } from "../shell/states.tsx";
import { Editor } from "./Editor.tsx";
import { useHistory } from "./history.ts";

type Names = { readonly project: string; readonly lab: string };

/** A lab that runs, to be changed: what a change would do is shown before it is done. */
export default function LabEditPage({ project, lab }: Names) {
  const owner = useQuery(projectQuery(project));
  const text = useQuery({ ...labTextQuery({ project, lab }), staleTime: Number.POSITIVE_INFINITY, gcTime: 0 });
  const known = useQuery(labQuery({ project, lab }));
  const from = known.data?.topology;
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
  if (owner.isPending || text.isPending || known.isPending || (from !== undefined && topology.isPending))
    return <Loading what="the lab" />;
  return (
    <Drawn
      project={project}
      lab={lab}
      text={text.data.text}
      revision={text.data.revision}
      layout={topology.data?.layout ?? {}}
      isReadOnly={owner.data.role === "viewer"}
    />
  );
}

function Drawn({
  project,
  lab,
  text,
  revision,
  layout,
  isReadOnly,
}: Names & {
  readonly text: string;
  readonly revision: number;
  readonly layout: Layout;
  readonly isReadOnly: boolean;
}) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const history = useHistory({ text, layout });
  const changed = history.draft.text;
  const isChanged = changed !== text;
  const params = { project, lab };
  const plan = useMutation({
    mutationFn: () => call("POST", "/projects/:project/labs/:lab/plan", { params, body: { text: changed } }),
  });
  const apply = useMutation({
    mutationFn: () =>
      call("POST", "/projects/:project/labs/:lab/apply", { params, body: { text: changed }, ifMatch: revision }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["lab", project, lab] });
      await client.invalidateQueries({ queryKey: ["detail", project, lab] });
      navigate(`/projects/${project}/labs/${lab}`);
    },
  });
  const phases = Map.groupBy(plan.data?.steps ?? [], ({ phase }) => phase);
  const close = () => {
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
        title={
          <Badge variant="light" color={isChanged ? "yellow" : "gray"} tt="none" miw={96}>
            {isChanged ? "not applied" : "as it runs"}
          </Badge>
        }
        actions={
          <Group gap={6} wrap="nowrap">
            <Button size="xs" variant="default" onClick={() => navigate(`/projects/${project}/labs/${lab}`)}>
              Back to the lab
            </Button>
            <Button
              size="xs"
              leftSection={<IconChecks size={16} />}
              disabled={!isChanged || isReadOnly}
              loading={plan.isPending}
              onClick={() => plan.mutate()}
            >
              Show changes
            </Button>
          </Group>
        }
      />
      <Modal opened={plan.isSuccess || plan.isError} onClose={close} title={`Changes to lab ${lab}`} size="lg">
        <Stack>
          {plan.isError && <Trouble error={plan.error} />}
          {plan.data?.steps.length === 0 && <Text size="sm">Nothing of what runs changes.</Text>}
          {[...phases].map(([phase, steps]) => (
            <div key={phase}>
              <Text fw={600} size="sm">
                {phase}
              </Text>
              <Code block>{steps.map(({ symbol, text: what }) => `${symbol} ${what}`).join("\n")}</Code>
            </div>
          ))}
          {apply.isError && <Trouble error={apply.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            {plan.isSuccess && (
              <Button loading={apply.isPending} onClick={() => apply.mutate()}>
                Apply
              </Button>
            )}
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
