import { Menu } from "@mantine/core";
import type { ReactNode } from "react";

/** A menu where somebody clicked, in pixels of the window. */
export function MenuAt({
  at: { x, y },
  onClose,
  children,
}: {
  readonly at: { readonly x: number; readonly y: number };
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  return (
    <Menu opened onClose={onClose} position="bottom-start" withinPortal shadow="md" trapFocus>
      <Menu.Target>
        <div style={{ position: "fixed", left: x, top: y, width: 1, height: 1 }} />
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}
