import { Modal } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { topologiesQuery } from "../api/queries.ts";
import { Form } from "../shell/Form.tsx";
import { NameField } from "../shell/NameField.tsx";
import { isName } from "../shell/names.ts";
import { newTopologyPath } from "../topology/paths.ts";
import { namesLike } from "./deploy.ts";

/** Nothing is asked of the server until it is saved. */
const asked = { isPending: false, error: null };

/** Asks what a topology is to be called, which has a name to go on with, and draws it. */
export function NewTopology({
  project,
  isOpen,
  onClose,
}: {
  readonly project: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="Draw a topology">
      <NameForm project={project} />
    </Modal>
  );
}

function NameForm({ project }: { readonly project: string }) {
  const [, navigate] = useLocation();
  const known = new Set(useInfiniteQuery(topologiesQuery(project)).data?.map(({ name }) => name));
  const [entered, setName] = useState<string>();
  const name = entered ?? [...namesLike("network")].find((one) => !known.has(one)) ?? "";
  return (
    <Form
      action={asked}
      verb="Draw it"
      isReady={isName(name) && !known.has(name)}
      onSubmit={() => navigate(newTopologyPath(project, name))}
    >
      <NameField
        name={name}
        onName={setName}
        onFocus={({ currentTarget }) => currentTarget.select()}
        {...(known.has(name) ? { error: "There is a topology with this name" } : {})}
      />
    </Form>
  );
}
