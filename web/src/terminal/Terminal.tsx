import "@xterm/xterm/css/xterm.css";
import { Menu, Text } from "@mantine/core";
import { FitAddon } from "@xterm/addon-fit";
import { Terminal as Screen } from "@xterm/xterm";
import { type ReactNode, useEffect, useEffectEvent, useRef, useState } from "react";
import type { LabAddress } from "../api/call.ts";
import { MenuAt } from "../shell/MenuAt.tsx";
import { copy } from "./copy.ts";
import { FindForm } from "./FindForm.tsx";
import { findIn } from "./find.ts";
import { ShellConnection, type ShellState } from "./shell-connection.ts";
import { UploadList } from "./UploadList.tsx";
import { useUploads } from "./useUploads.ts";

const notes: Readonly<Record<Exclude<ShellState, "open">, string>> = {
  connecting: "Connecting…",
  lost: "Connection lost; it goes on here when the network is back",
  ended: "Ended",
  elsewhere: "Open elsewhere. Enter brings it here",
};

/** What a page says to a terminal that it shows. */
export type TerminalHandle = {
  /** It is not wanted any more: the shell ends. */
  readonly end: () => void;
};

/**
 * A terminal in a node: a shell of its own, or the console, which is one for all. After a break of the network, or
 * when the page is loaded again, it goes on where it was.
 */
export default function Terminal({
  address: { project, lab },
  id,
  node,
  is,
  isShown,
  hasFocus,
  onFocus,
  onLeave,
  onHandle,
  menu,
}: {
  readonly address: LabAddress;
  /** Of the pane: under it, the shell is known to a page that is loaded again. */
  readonly id: string;
  readonly node: string;
  readonly is: "terminal" | "console";
  readonly isShown: boolean;
  readonly hasFocus: boolean;
  readonly onFocus: () => void;
  /** By the keyboard, whose keys all go to the shell. */
  readonly onLeave: () => void;
  readonly onHandle: (handle: TerminalHandle | undefined) => void;
  /** More that its menu offers. */
  readonly menu: ReactNode;
}) {
  const place = useRef<HTMLDivElement>(null);
  const fit = useRef<{ readonly addon: FitAddon; readonly screen: Screen; readonly shell: ShellConnection }>(undefined);
  const [state, setState] = useState<ShellState>("connecting");
  const [finds, setFinds] = useState(false);
  const [words, setWords] = useState("");
  const [at, setAt] = useState<{ readonly x: number; readonly y: number }>();
  const [isOver, setOver] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const uploads = useUploads({ project, lab }, node, () => fit.current?.shell.folder() ?? Promise.resolve(undefined));
  const leave = useEffectEvent(onLeave);
  const hand = useEffectEvent(onHandle);
  const name = `${is === "console" ? "Console" : "Terminal"} of ${node}`;

  useEffect(() => {
    if (place.current === null) return;
    const screen = new Screen({
      fontFamily: "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace",
      fontSize: 13,
      scrollback: 10_000,
      cursorBlink: true,
      screenReaderMode: false,
      theme: { background: "#10141a", foreground: "#e6e8eb", selectionBackground: "#3b5b8c" },
    });
    const addon = new FitAddon();
    screen.loadAddon(addon);
    screen.open(place.current);
    screen.textarea?.setAttribute("aria-label", `${name}. Control+F6 leaves it`);
    const size = () => {
      if ((place.current?.clientHeight ?? 0) > 20) addon.fit();
    };
    size();
    const watch = new ResizeObserver(size);
    watch.observe(place.current);
    const key = `netwright.shell.${id}`;
    const shell = new ShellConnection({
      address: { project, lab },
      node,
      is,
      size: () => ({ columns: screen.cols, rows: screen.rows }),
      onBytes: (bytes) => screen.write(bytes),
      onSay: (text) => screen.write(`\r\n\x1b[33m${text}\x1b[0m\r\n`),
      onReset: () => screen.reset(),
      onState: setState,
      session: {
        get: () => sessionStorage.getItem(key) ?? undefined,
        set: (session) => {
          if (session === undefined) sessionStorage.removeItem(key);
          else sessionStorage.setItem(key, session);
        },
      },
    });
    screen.onData((text) => shell.type(text));
    screen.onBinary((text) => shell.typeBytes(text));
    screen.onResize(({ cols, rows }) => shell.resize(cols, rows));
    screen.attachCustomKeyEventHandler((event) => {
      if (event.ctrlKey && event.key === "F6") {
        if (event.type === "keydown") leave();
        event.preventDefault();
        return false;
      }
      if (!event.ctrlKey || !event.shiftKey) return true;
      const letter = event.key.toUpperCase();
      // The browser pastes by itself, as plain text.
      if (letter === "V") return false;
      if (letter !== "C" && letter !== "F") return true;
      event.preventDefault();
      if (event.type !== "keydown") return false;
      if (letter === "F") setFinds(true);
      else void copy(screen);
      return false;
    });
    fit.current = { addon, screen, shell };
    hand({ end: () => shell.end() });
    return () => {
      hand(undefined);
      watch.disconnect();
      shell.leave();
      screen.dispose();
    };
  }, [project, lab, node, is, id, name]);

  useEffect(() => {
    if (!isShown || fit.current === undefined) return;
    fit.current.addon.fit();
    if (hasFocus) fit.current.screen.focus();
  }, [isShown, hasFocus]);

  const back = () => fit.current?.screen.focus();
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: what can be done by mouse is in the menu, too
    <div
      className="terminal-place"
      data-over={isOver || undefined}
      onFocus={onFocus}
      onContextMenu={(event) => {
        if (event.shiftKey) return;
        event.preventDefault();
        setAt({ x: event.clientX, y: event.clientY });
      }}
      onKeyDown={(event) => {
        if (!(event.key === "ContextMenu" || (event.shiftKey && event.key === "F10"))) return;
        event.preventDefault();
        const box = event.currentTarget.getBoundingClientRect();
        setAt({ x: box.x + 40, y: box.y + 20 });
      }}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "copy";
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        uploads.add([...event.dataTransfer.files]);
      }}
    >
      <div className="terminal" ref={place} data-terminal={node} />
      {state !== "open" && (
        <div className="terminal-note" role="status" data-state={state}>
          {notes[state]}
        </div>
      )}
      {finds && (
        <FindForm
          name={name}
          words={words}
          onWords={setWords}
          onFind={(step) => {
            const screen = fit.current?.screen;
            return screen === undefined || findIn(screen, words, step);
          }}
          onEnd={() => {
            setFinds(false);
            back();
          }}
        />
      )}
      {uploads.list.length > 0 && <UploadList uploads={uploads} />}
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        aria-hidden
        tabIndex={-1}
        onChange={({ currentTarget }) => {
          uploads.add([...(currentTarget.files ?? [])]);
          currentTarget.value = "";
        }}
      />
      {at !== undefined && (
        <MenuAt
          at={at}
          onClose={() => {
            setAt(undefined);
            back();
          }}
        >
          <Menu.Item
            rightSection={<Text size="xs">Ctrl+Shift+C</Text>}
            disabled={fit.current?.screen.hasSelection() !== true}
            onClick={() => void copy(fit.current?.screen)}
          >
            Copy
          </Menu.Item>
          <Menu.Item
            rightSection={<Text size="xs">Ctrl+Shift+V</Text>}
            disabled={navigator.clipboard === undefined}
            onClick={() => {
              const paste = (text: string) => fit.current?.screen.paste(text);
              void navigator.clipboard.readText().then(paste, () => undefined);
            }}
          >
            Paste
          </Menu.Item>
          <Menu.Item rightSection={<Text size="xs">Ctrl+Shift+F</Text>} onClick={() => setFinds(true)}>
            Find…
          </Menu.Item>
          <Menu.Item onClick={() => fit.current?.screen.selectAll()}>Select all</Menu.Item>
          <Menu.Item onClick={() => fit.current?.screen.clear()}>Clear what was shown</Menu.Item>
          <Menu.Item onClick={() => picker.current?.click()}>Upload files…</Menu.Item>
          {menu}
        </MenuAt>
      )}
    </div>
  );
}
