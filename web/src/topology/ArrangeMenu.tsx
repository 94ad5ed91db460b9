import { Button, Menu } from "@mantine/core";
import {
  IconBinaryTree2,
  IconChevronDown,
  IconLayoutAlignBottom,
  IconLayoutAlignCenter,
  IconLayoutAlignLeft,
  IconLayoutAlignMiddle,
  IconLayoutAlignRight,
  IconLayoutAlignTop,
  IconLayoutDistributeHorizontal,
  IconLayoutDistributeVertical,
  type IconProps,
  IconSortAscendingNumbers,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { Alignment } from "./arrangement.ts";
import type { Editing } from "./useEditing.ts";

const alignments: readonly (readonly [Alignment, string, ComponentType<IconProps>])[] = [
  ["left", "Align left", IconLayoutAlignLeft],
  ["centre", "Align centre", IconLayoutAlignCenter],
  ["right", "Align right", IconLayoutAlignRight],
  ["top", "Align top", IconLayoutAlignTop],
  ["middle", "Align middle", IconLayoutAlignMiddle],
  ["bottom", "Align bottom", IconLayoutAlignBottom],
];

/** Where things are drawn, and what addresses they have. */
export function ArrangeMenu({ editing }: { readonly editing: Editing }) {
  const { selection, isReadOnly, mayDraw, drawing } = editing;
  const few = (least: number) => isReadOnly || selection.nodes.length < least;
  return (
    <Menu position="bottom-start" withinPortal returnFocus>
      <Menu.Target>
        <Button size="xs" variant="default" rightSection={<IconChevronDown size={14} />}>
          Arrange
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconBinaryTree2 size={16} />}
          disabled={isReadOnly || drawing.nodes.length === 0}
          onClick={() => void editing.arrange()}
        >
          Lay out automatically
        </Menu.Item>
        <Menu.Item
          leftSection={<IconSortAscendingNumbers size={16} />}
          disabled={!mayDraw || drawing.links.length === 0}
          onClick={() => void editing.suggest()}
        >
          Suggest addresses
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{few(2) ? "Select two nodes or more to align them" : "Selected nodes"}</Menu.Label>
        {alignments.map(([to, label, Icon]) => (
          <Menu.Item key={to} leftSection={<Icon size={16} />} disabled={few(2)} onClick={() => editing.align(to)}>
            {label}
          </Menu.Item>
        ))}
        <Menu.Item
          leftSection={<IconLayoutDistributeHorizontal size={16} />}
          disabled={few(3)}
          onClick={() => editing.distribute("x")}
        >
          Distribute across
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLayoutDistributeVertical size={16} />}
          disabled={few(3)}
          onClick={() => editing.distribute("y")}
        >
          Distribute down
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
