import { Button, FileButton, Group, SegmentedControl, Text, Textarea, TextInput } from "@mantine/core";
import { IconPlayerPlay, IconPlayerStop, IconRestore } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import type { FaultRun, FaultTimeline, LabEvent } from "../../../src/api/index.ts";
import { CallError, callLab, type LabAddress, labPath, send } from "../api/call.ts";
import { Trouble } from "../shell/states.tsx";
import { Timeline } from "./Timeline.tsx";

const example = `steps:
  - { at: 2s, do: link down A B, for: 5s }
`;

type Source = "file" | "own";

/** Runs fault schedules, and shows them on a line of time: what was done, what is in force, what is still to come. */
export function FaultsPanel({
  address,
  events,
  mayChange,
}: {
  readonly address: LabAddress;
  readonly events: readonly LabEvent[];
  readonly mayChange: boolean;
}) {
  const { project, lab } = address;
  const client = useQueryClient();
  const [source, setSource] = useState<Source>("file");
  const [text, setText] = useState(example);
  const [seed, setSeed] = useState("");
  const [plan, setPlan] = useState<FaultTimeline>();
  const status = useQuery({
    queryKey: ["faults", project, lab],
    queryFn: ({ signal }) => callLab(address, "GET", "/faults", { signal }),
  });
  const last = status.data?.runs.at(-1);
  const current = last?.state === "running" ? last : undefined;
  // What a run was, until another is planned.
  const [seen, setSeen] = useState<number>();
  const run = current ?? status.data?.runs.find(({ number }) => number === seen);
  const timeline = useQuery({
    queryKey: ["faults", project, lab, "timeline", run?.number],
    queryFn: ({ signal }) =>
      callLab(address, "GET", "/faults/:run/timeline", { params: { run: String(run?.number) }, signal }),
    enabled: run !== undefined,
  });
  const latest = events.findLast(({ type }) => type.startsWith("fault.") || type.startsWith("process."))?.id;
  const refresh = useEffectEvent(() => void client.invalidateQueries({ queryKey: ["faults", project, lab] }));
  useEffect(() => {
    if (latest !== undefined) refresh();
  }, [latest]);
  useEffect(() => {
    if (current !== undefined) {
      setSeen(current.number);
      setPlan(undefined);
    }
  }, [current?.number, current]);

  const request = () => ({
    ...(source === "own" ? { text, file: "faults.yaml" } : {}),
    ...(seed.trim() === "" ? {} : { seed: Number(seed) }),
  });
  const look = useMutation({
    mutationFn: () => callLab(address, "POST", "/faults/plan", { body: request() }),
    onSuccess: (made) => {
      setPlan(made);
      setSeen(undefined);
    },
  });
  const start = useMutation({
    // A stream that ends when it has begun.
    mutationFn: async () => {
      const answer = await send("POST", labPath(address, "/faults"), { body: { ...request(), detach: true } });
      const [report] = (await answer.text()).split("\n").filter((line) => line !== "");
      const { type, errors } = JSON.parse(report ?? "{}") as { type?: string; errors?: readonly Refusal[] };
      if (type === "refused") throw refused(errors ?? []);
    },
    onSuccess: () => setPlan(undefined),
    onSettled: refresh,
  });
  const stop = useMutation({
    mutationFn: (heal: boolean) => callLab(address, "DELETE", "/faults", { query: { heal } }),
    onSettled: refresh,
  });
  const error = start.error ?? look.error ?? stop.error;
  const inForce = status.data?.inForce ?? [];
  const shown = plan ?? timeline.data;
  return (
    <div className="column faults">
      <Group gap="xs" p={6} align="flex-start">
        {mayChange && (
          <>
            <SegmentedControl
              size="xs"
              aria-label="Which schedule"
              value={source}
              onChange={(chosen) => setSource(chosen as Source)}
              data={[
                { value: "file", label: "The lab file's" },
                { value: "own", label: "Another" },
              ]}
            />
            <TextInput
              size="xs"
              w={110}
              placeholder="Seed: its own"
              aria-label="Seed of all that is drawn by chance"
              inputMode="numeric"
              value={seed}
              onChange={({ currentTarget }) => setSeed(currentTarget.value.replaceAll(/\D/g, ""))}
            />
            <Button size="compact-sm" mt={4} variant="default" loading={look.isPending} onClick={() => look.mutate()}>
              Show what it does
            </Button>
            {current === undefined ? (
              <Button
                size="compact-sm"
                mt={4}
                leftSection={<IconPlayerPlay size={14} />}
                loading={start.isPending}
                onClick={() => start.mutate()}
              >
                Run
              </Button>
            ) : (
              <Button
                size="compact-sm"
                mt={4}
                color="red"
                leftSection={<IconPlayerStop size={14} />}
                loading={stop.isPending}
                onClick={() => stop.mutate(false)}
              >
                Stop
              </Button>
            )}
            {inForce.length > 0 && (
              <Button
                size="compact-sm"
                mt={4}
                variant="default"
                leftSection={<IconRestore size={14} />}
                loading={stop.isPending}
                onClick={() => stop.mutate(true)}
              >
                {current === undefined ? "Heal what is in force" : "Stop and heal"}
              </Button>
            )}
          </>
        )}
        <Text size="sm" c="dimmed" role="status" mt={4}>
          {plan !== undefined ? `Planned: ${plan.total} faults, seed ${plan.seed}` : runWords(run)}
        </Text>
      </Group>
      {error !== null && <Trouble error={error} />}
      <div className="faults-body">
        {mayChange && source === "own" && (
          <div className="faults-text">
            <Textarea
              size="xs"
              aria-label="Fault schedule"
              styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
              autosize
              minRows={5}
              maxRows={16}
              spellCheck={false}
              value={text}
              onChange={({ currentTarget }) => setText(currentTarget.value)}
            />
            <FileButton
              accept=".yaml,.yml"
              onChange={(file) => {
                void file?.text().then(setText);
              }}
            >
              {(props) => (
                <Button {...props} size="compact-xs" variant="subtle" mt={4}>
                  From a file…
                </Button>
              )}
            </FileButton>
          </div>
        )}
        {shown === undefined ? (
          <Text size="sm" c="dimmed" p="sm">
            {!mayChange
              ? "When somebody runs a fault schedule, it is shown here."
              : source === "file"
                ? "What the lab file has under faults can be run again, or another schedule written."
                : "Steps say when, and what: see Schedule faults in the documentation."}
          </Text>
        ) : (
          <TimelineNow
            timeline={shown}
            run={plan === undefined ? run : undefined}
            inForce={plan === undefined ? inForce : []}
          />
        )}
      </div>
    </div>
  );
}

type Refusal = { readonly code: string; readonly message: string; readonly remedy?: string };

function refused(errors: readonly Refusal[]): CallError {
  const [first] = errors;
  return new CallError({
    type: "about:blank",
    title: first?.code ?? "REFUSED",
    status: 422,
    code: first?.code ?? "REFUSED",
    detail: first?.message ?? "The schedule was refused.",
    ...(first?.remedy === undefined ? {} : { remedy: first.remedy }),
    ...(errors.length < 2 ? {} : { errors: errors.map((error) => ({ ...error })) }),
  });
}

const outcomes = { success: "ended", failure: "ended, with faults that failed", stopped: "was stopped" } as const;

function runWords(run: FaultRun | undefined): string {
  if (run === undefined) return "No schedule is being run.";
  const { number, name, seed, done, failed, total, waitingFor, outcome } = run;
  const state = outcome === undefined ? "runs" : outcomes[outcome];
  const waits = waitingFor.length === 0 ? "" : `, waits for ${waitingFor.join(" and ")}`;
  return `Run ${number} of ${name} (seed ${seed}) ${state}: ${done} of ${total} done${failed === 0 ? "" : `, ${failed} failed`}${waits}`;
}

/** Moves the line of now. What the run itself says of its time is what counts; between two of its words, our clock. */
function TimelineNow({
  timeline,
  run,
  inForce,
}: {
  readonly timeline: FaultTimeline;
  readonly run: FaultRun | undefined;
  readonly inForce: readonly string[];
}) {
  const heard = useRef({ run, at: performance.now() });
  if (heard.current.run !== run) heard.current = { run, at: performance.now() };
  const [, tick] = useState(0);
  const isRunning = run?.state === "running";
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => tick((count) => count + 1), 100);
    return () => clearInterval(timer);
  }, [isRunning]);
  const nowMs = run === undefined ? undefined : run.elapsedMs + (isRunning ? performance.now() - heard.current.at : 0);
  return <Timeline timeline={timeline} nowMs={nowMs} inForce={inForce} />;
}
