import { Modal } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { labsQuery } from "../api/queries.ts";
import { Form } from "../shell/Form.tsx";
import { NameField } from "../shell/NameField.tsx";
import { isName } from "../shell/names.ts";
import { type DeploySource, namesLike, useDeploy } from "./deploy.ts";

/** Asks for the name of a lab, deploys it, and shows it. */
export function DeployDialog({
  project,
  source,
  suggestion,
  onClose,
}: {
  readonly project: string;
  readonly source: DeploySource | undefined;
  readonly suggestion: string;
  readonly onClose: () => void;
}) {
  return (
    <Modal opened={source !== undefined} onClose={onClose} title="Deploy as a lab">
      {source !== undefined && (
        <DeployForm key={suggestion} project={project} source={source} suggestion={suggestion} />
      )}
    </Modal>
  );
}

function DeployForm({
  project,
  source,
  suggestion,
}: {
  readonly project: string;
  readonly source: DeploySource;
  readonly suggestion: string;
}) {
  const known = new Set(useInfiniteQuery(labsQuery(project)).data?.map((lab) => lab.name));
  const [entered, setName] = useState<string>();
  const name = entered ?? [...namesLike(suggestion)].find((one) => !known.has(one)) ?? suggestion;
  const deploy = useDeploy(project);
  return (
    <Form action={deploy} verb="Deploy" isReady={isName(name)} onSubmit={() => deploy.mutate({ name, ...source })}>
      <NameField
        label="Name of the lab"
        name={name}
        onName={setName}
        onFocus={({ currentTarget }) => currentTarget.select()}
      />
    </Form>
  );
}
