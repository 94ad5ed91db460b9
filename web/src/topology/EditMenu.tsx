import { Button, Menu, Text } from "@mantine/core";
import {
  IconBoxMultiple,
  IconChevronDown,
  IconClipboard,
  IconCopy,
  IconCopyPlus,
  IconCut,
  IconSelectAll,
} from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { PasteDialog } from "./PasteDialog.tsx";
import type { Editing } from "./useEditing.ts";

const mac = /Mac|iP(?:hone|ad)/.test(navigator.platform);
const keys = (key: string): string => (mac ? `⌘${key}` : `Ctrl+${key}`);

/** What can be done to what is selected; by the clipboard, also in another topology or in a text. */
export function EditMenu({ editing }: { readonly editing: Editing }) {
  const { selection, mayDraw, graph } = editing;
  const [pastes, setPastes] = useState(false);
  const none = selection.nodes.length === 0;
  // The browser's own, so that it may write to the clipboard without a secure connection.
  const copy = (how: "copy" | "cut") => globalThis.document.execCommand(how);
  const paste = async () => {
    const text = await navigator.clipboard?.readText().catch(() => undefined);
    if (text === undefined || text === "") setPastes(true);
    else editing.pasteText(text);
  };
  return (
    <>
      <Menu position="bottom-start" withinPortal returnFocus>
        <Menu.Target>
          <Button size="xs" variant="default" rightSection={<IconChevronDown size={14} />}>
            Edit
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Entry icon={<IconCopy size={16} />} keys={keys("C")} isDisabled={none} onClick={() => copy("copy")}>
            Copy
          </Entry>
          <Entry
            icon={<IconCut size={16} />}
            keys={keys("X")}
            isDisabled={none || !mayDraw}
            onClick={() => copy("cut")}
          >
            Cut
          </Entry>
          <Entry icon={<IconClipboard size={16} />} keys={keys("V")} isDisabled={!mayDraw} onClick={() => void paste()}>
            Paste
          </Entry>
          <Entry
            icon={<IconCopyPlus size={16} />}
            keys={keys("D")}
            isDisabled={none || !mayDraw}
            onClick={editing.duplicate}
          >
            Duplicate
          </Entry>
          <Menu.Divider />
          <Entry
            icon={<IconSelectAll size={16} />}
            keys={keys("A")}
            isDisabled={graph.nodes.length === 0}
            onClick={() => editing.select({ nodes: graph.nodes.map(({ name }) => name), links: [] })}
          >
            Select all
          </Entry>
          <Entry
            icon={<IconBoxMultiple size={16} />}
            keys={keys("G")}
            isDisabled={none || !mayDraw}
            onClick={editing.group}
          >
            Group
          </Entry>
        </Menu.Dropdown>
      </Menu>
      <PasteDialog isOpen={pastes} onClose={() => setPastes(false)} onPaste={editing.pasteText} />
    </>
  );
}

function Entry({
  icon,
  keys: by,
  isDisabled,
  onClick,
  children,
}: {
  readonly icon: ReactNode;
  readonly keys: string;
  readonly isDisabled: boolean;
  readonly onClick: () => void;
  readonly children: string;
}) {
  return (
    <Menu.Item
      leftSection={icon}
      rightSection={
        <Text size="xs" c="dimmed" aria-hidden>
          {by}
        </Text>
      }
      disabled={isDisabled}
      onClick={onClick}
    >
      {children}
    </Menu.Item>
  );
}
