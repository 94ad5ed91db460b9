import "@xterm/xterm/css/xterm.css";
import { FitAddon } from "@xterm/addon-fit";
import { Terminal as Screen } from "@xterm/xterm";
import { useEffect, useRef, useState } from "react";
import type { ConsoleReport, ExecControl, ExecReport, ExecRequest } from "../../../src/api/index.ts";
import { loginShell } from "../../../src/topology/login-shell.ts";
import { apiPrefix, type LabAddress, labPath } from "../api/call.ts";

/** Of binary messages of exec (src/api/exec-frame.ts). */
const stdin = 0;
const firstPauseMs = 500;
const longestPauseMs = 8_000;

type State = "connecting" | "open" | "lost" | "ended";

/**
 * A terminal in a node: a shell of its own, or the console, which is one for all. After a break of the network it
 * connects again: to the console where it was, or to a new shell.
 */
export default function Terminal({
  address: { project, lab },
  node,
  is,
  isShown,
}: {
  readonly address: LabAddress;
  readonly node: string;
  readonly is: "terminal" | "console";
  readonly isShown: boolean;
}) {
  const place = useRef<HTMLDivElement>(null);
  const fit = useRef<{ readonly addon: FitAddon; readonly screen: Screen }>(undefined);
  const [state, setState] = useState<State>("connecting");

  useEffect(() => {
    if (place.current === null) return;
    const screen = new Screen({
      fontFamily: "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace",
      fontSize: 13,
      scrollback: 10_000,
      cursorBlink: true,
      screenReaderMode: false,
      theme: { background: "#10141a", foreground: "#e6e8eb" },
    });
    const addon = new FitAddon();
    screen.loadAddon(addon);
    screen.open(place.current);
    screen.textarea?.setAttribute("aria-label", `${is === "console" ? "Console" : "Terminal"} of ${node}`);
    fit.current = { addon, screen };
    const size = () => {
      if ((place.current?.clientHeight ?? 0) > 20) addon.fit();
    };
    size();
    const watch = new ResizeObserver(size);
    watch.observe(place.current);

    const encoder = new TextEncoder();
    let socket: WebSocket | undefined;
    let isGone = false;
    let hasEnded = false;
    let pauseMs = firstPauseMs;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const say = (text: string) => screen.write(`\r\n\x1b[33m${text}\x1b[0m\r\n`);
    const connect = () => {
      setState("connecting");
      hasEnded = false;
      const scheme = location.protocol === "https:" ? "wss" : "ws";
      const path = labPath(
        { project, lab },
        `/nodes/${encodeURIComponent(node)}/${is === "console" ? "console" : "exec"}`,
      );
      const opened = new WebSocket(`${scheme}://${location.host}${apiPrefix}${path}`);
      opened.binaryType = "arraybuffer";
      socket = opened;
      opened.onopen = () => {
        pauseMs = firstPauseMs;
        setState("open");
        if (is === "console") {
          // What it said so far comes again.
          screen.reset();
          opened.send(JSON.stringify({ type: "resize", columns: screen.cols, rows: screen.rows }));
          return;
        }
        const request: ExecRequest = {
          argv: [...loginShell],
          tty: true,
          columns: screen.cols,
          rows: screen.rows,
          environment: { TERM: "xterm-256color" },
        };
        opened.send(JSON.stringify(request));
      };
      opened.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
        if (typeof data !== "string") {
          const bytes = new Uint8Array(data);
          screen.write(is === "console" ? bytes : bytes.subarray(1));
          return;
        }
        const report = JSON.parse(data) as ExecReport | ConsoleReport;
        if (report.type === "error") {
          hasEnded = true;
          say(`${report.message} ${report.remedy ?? ""}`);
        }
        if (report.type === "state" && report.state === "off") say("The machine is off.");
        if (report.type === "exit") {
          hasEnded = true;
          say(`The shell has ended (${report.exitCode}). Enter begins a new one.`);
        }
      };
      opened.onclose = () => {
        if (isGone || socket !== opened) return;
        if (hasEnded) {
          setState("ended");
          return;
        }
        setState("lost");
        timer = setTimeout(() => {
          if (is === "terminal") say("The connection was lost. This is a new shell.");
          connect();
        }, pauseMs);
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      };
    };
    const type = (bytes: Uint8Array) => {
      if (socket?.readyState !== WebSocket.OPEN) {
        // Enter, after a shell has ended.
        if (hasEnded && bytes.length === 1 && bytes[0] === 13) {
          hasEnded = false;
          connect();
        }
        return;
      }
      if (is === "console") {
        socket.send(bytes as Uint8Array<ArrayBuffer>);
        return;
      }
      const frame = new Uint8Array(bytes.length + 1);
      frame[0] = stdin;
      frame.set(bytes, 1);
      socket.send(frame);
    };
    screen.onData((text) => type(encoder.encode(text)));
    screen.onBinary((text) => type(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
    screen.onResize(({ cols, rows }) => {
      const control: ExecControl = { type: "resize", columns: cols, rows };
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(control));
    });
    connect();
    return () => {
      isGone = true;
      clearTimeout(timer);
      watch.disconnect();
      socket?.close();
      screen.dispose();
    };
  }, [project, lab, node, is]);

  useEffect(() => {
    if (!isShown || fit.current === undefined) return;
    fit.current.addon.fit();
    fit.current.screen.focus();
  }, [isShown]);

  return (
    <>
      <div className="terminal" ref={place} data-terminal={node} />
      {state !== "open" && (
        <div className="terminal-note" role="status">
          {state === "connecting" ? "Connecting…" : state === "lost" ? "Connection lost; trying again…" : "Ended"}
        </div>
      )}
    </>
  );
}
