import {
  Alert,
  Button,
  Code,
  CopyButton,
  Group,
  Modal,
  NativeSelect,
  Radio,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { IconCheck, IconCopy, IconKey } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Token } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { tokensQuery } from "../api/queries.ts";
import { Form } from "../shell/Form.tsx";

const scopes: readonly { readonly scope: Token["scope"]; readonly label: string; readonly about: string }[] = [
  { scope: "read", label: "Read", about: "Looks at what you may look at" },
  { scope: "operate", label: "Operate", about: "And deploys, changes and deletes labs and topologies" },
  { scope: "admin", label: "Administer", about: "And everything else that you may" },
];

const times = [
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "a year" },
  { value: "", label: "never" },
];

export function NewToken({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const [secret, setSecret] = useState<string>();
  const close = () => {
    onClose();
    setSecret(undefined);
  };
  return (
    // What is shown once does not go by a click beside it.
    <Modal
      opened={isOpen}
      onClose={close}
      title={secret === undefined ? "New token" : "Your new token"}
      closeOnClickOutside={secret === undefined}
    >
      {secret === undefined ? <TokenForm onMade={setSecret} /> : <Secret secret={secret} onClose={close} />}
    </Modal>
  );
}

function TokenForm({ onMade }: { readonly onMade: (secret: string) => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [scope, setScope] = useState<Token["scope"]>("read");
  const [days, setDays] = useState("90");
  const make = useMutation({
    mutationFn: () =>
      call("POST", "/tokens", {
        body: { name: name.trim(), scope, ...(days === "" ? {} : { expiresInDays: Number(days) }) },
      }),
    onSuccess: ({ secret }) => {
      void client.invalidateQueries({ queryKey: tokensQuery.queryKey });
      onMade(secret);
    },
  });
  return (
    <Form action={make} verb="Make token" isReady={name.trim() !== ""} onSubmit={() => make.mutate()}>
      <TextInput
        label="Name"
        description="What it is for, so that you know it again"
        value={name}
        maxLength={100}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
        data-autofocus
      />
      <Radio.Group label="Scope" value={scope} onChange={(chosen) => setScope(chosen as Token["scope"])}>
        <Stack gap="xs" mt="xs">
          {scopes.map(({ scope: value, label, about }) => (
            <Radio key={value} value={value} label={label} description={about} />
          ))}
        </Stack>
      </Radio.Group>
      <NativeSelect
        label="Ends after"
        data={times}
        value={days}
        onChange={({ currentTarget }) => setDays(currentTarget.value)}
      />
    </Form>
  );
}

function Secret({ secret, onClose }: { readonly secret: string; readonly onClose: () => void }) {
  return (
    <Stack>
      <Alert color="yellow" icon={<IconKey size={18} />} title="Copy it now">
        It is shown this once: the server keeps only a hash of it.
      </Alert>
      <Code block aria-label="The token" style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
        {secret}
      </Code>
      <Text size="sm" c="dimmed">
        For the command line, which reads it from standard input:{" "}
        <Code>netwright context add NAME {location.origin} --project PROJECT</Code>
      </Text>
      <Group justify="flex-end">
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
              onClick={copy}
              data-autofocus
            >
              {copied ? "Copied" : "Copy"}
            </Button>
          )}
        </CopyButton>
        <Button onClick={onClose}>I have it</Button>
      </Group>
    </Stack>
  );
}
