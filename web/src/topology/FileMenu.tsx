import { Button, FileButton, Menu } from "@mantine/core";
import { IconDots, IconDownload, IconUpload } from "@tabler/icons-react";
import { useRef } from "react";

/** The lab file from and to the disk of whoever draws. */
export function FileMenu({
  name,
  text,
  isReadOnly,
  onText,
}: {
  readonly name: string;
  /** What is exported. */
  readonly text: () => string;
  readonly isReadOnly: boolean;
  readonly onText: (text: string) => void;
}) {
  const reset = useRef<() => void>(null);
  const save = () => {
    const url = URL.createObjectURL(new Blob([text()], { type: "application/yaml" }));
    const anchor = globalThis.document.createElement("a");
    anchor.href = url;
    anchor.download = `${name}.yaml`;
    anchor.click();
    URL.revokeObjectURL(url);
  };
  return (
    <FileButton
      accept=".yaml,.yml,text/yaml"
      resetRef={reset}
      onChange={(file) => {
        if (file === null) return;
        void file.text().then(onText);
        reset.current?.();
      }}
    >
      {({ onClick }) => (
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <Button variant="default" size="xs" px={8} aria-label="More">
              <IconDots size={16} />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconUpload size={16} />} disabled={isReadOnly} onClick={onClick}>
              Import a lab file
            </Menu.Item>
            <Menu.Item leftSection={<IconDownload size={16} />} onClick={save}>
              Export the lab file
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
    </FileButton>
  );
}
