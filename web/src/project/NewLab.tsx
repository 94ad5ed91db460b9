import { Button, FileButton, Group, Menu, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconFlask, IconPencil, IconPlus, IconUpload } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { Form } from "../shell/Form.tsx";
import { NameField } from "../shell/NameField.tsx";
import { isName } from "../shell/names.ts";
import { Trouble } from "../shell/states.tsx";
import { type NewFile, useDeployFile } from "./deploy.ts";
import { examples } from "./examples.ts";
import { NewTopology } from "./NewTopology.tsx";

/**
 * All ways to a lab: drawn, from a file of one's own, or one of the examples.
 *
 * @param isFirst there is none yet, and the examples are shown beside this
 */
export function NewLab({ project, isFirst = false }: { readonly project: string; readonly isFirst?: boolean }) {
  const [isDrawing, drawing] = useDisclosure();
  const [file, setFile] = useState<NewFile>();
  const reset = useRef<() => void>(null);
  const deploy = useDeployFile(project);
  return (
    <>
      <FileButton
        accept=".yaml,.yml,text/yaml"
        resetRef={reset}
        onChange={(chosen) => {
          if (chosen === null) return;
          void chosen.text().then((text) => setFile({ name: nameIn(text, chosen.name), text }));
          reset.current?.();
        }}
      >
        {({ onClick }) =>
          isFirst ? (
            <Group gap="sm">
              <Button leftSection={<IconPencil size={16} />} onClick={drawing.open}>
                Draw a topology
              </Button>
              <Button variant="default" leftSection={<IconUpload size={16} />} onClick={onClick}>
                Deploy a lab file
              </Button>
            </Group>
          ) : (
            <Menu position="bottom-end" withinPortal>
              <Menu.Target>
                <Button leftSection={<IconPlus size={16} />} loading={deploy.isPending}>
                  New lab
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item leftSection={<IconPencil size={16} />} onClick={drawing.open}>
                  Draw a topology
                </Menu.Item>
                <Menu.Item leftSection={<IconUpload size={16} />} onClick={onClick}>
                  Deploy a lab file
                </Menu.Item>
                <Menu.Label>Deploy an example</Menu.Label>
                {examples.map((example) => (
                  <Menu.Item
                    key={example.name}
                    leftSection={<IconFlask size={16} />}
                    onClick={() => deploy.mutate(example)}
                  >
                    {example.title}
                  </Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
          )
        }
      </FileButton>
      <NewTopology project={project} isOpen={isDrawing} onClose={drawing.close} />
      <Modal opened={file !== undefined} onClose={() => setFile(undefined)} title="Deploy a lab file">
        {file !== undefined && <FileForm project={project} file={file} />}
      </Modal>
      <Modal opened={deploy.isError} onClose={deploy.reset} title="The example is not deployed">
        {deploy.isError && <Trouble error={deploy.error} />}
      </Modal>
    </>
  );
}

function FileForm({ project, file }: { readonly project: string; readonly file: NewFile }) {
  const [name, setName] = useState(file.name);
  const deploy = useDeployFile(project);
  return (
    <Form action={deploy} verb="Deploy" isReady={isName(name)} onSubmit={() => deploy.mutate({ ...file, name })}>
      <NameField
        label="Name of the lab"
        description="The file is kept as a topology of this name, too"
        name={name}
        onName={setName}
      />
    </Form>
  );
}

/** What a lab file calls itself; else what the file is called. */
function nameIn(text: string, file: string): string {
  const written = /^name:\s*["']?([\w.-]+)/m.exec(text)?.[1] ?? file.replace(/\.ya?ml$/i, "");
  return written
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, "");
}
