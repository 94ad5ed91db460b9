import type { ConsoleReport, ExecControl, ExecReport, ExecRequest, ExecResume } from "../../../src/api/index.ts";
import { loginShell } from "../../../src/topology/login-shell.ts";
import { type LabAddress, labPath } from "../api/call.ts";
import { socketAddress } from "../api/stream.ts";

/** Of binary messages of exec, and codes of closing (src/api/exec-frame.ts). */
const stdin = 0;
const takenOver = 4001;
const doesNotComeBack = 1000;
const comesBack = 4000;

const keepMs = 15 * 60_000;
const firstPauseMs = 500;
const longestPauseMs = 8_000;
const pingMs = 10_000;

/** `lost`: it is tried again. `ended`, `elsewhere`: Enter goes on. */
export type ShellState = "connecting" | "open" | "lost" | "ended" | "elsewhere";

export type ShellOptions = {
  readonly address: LabAddress;
  readonly node: string;
  readonly is: "terminal" | "console";
  readonly size: () => { readonly columns: number; readonly rows: number };
  readonly onBytes: (bytes: Uint8Array) => void;
  /** What the page says itself, between what the shell says. */
  readonly onSay: (text: string) => void;
  readonly onState: (state: ShellState) => void;
  /** What is shown is about to come anew. */
  readonly onReset: () => void;
  /** A shell that a page before this one had; and where its name is kept. */
  readonly session: { get(): string | undefined; set(session: string | undefined): void };
};

/**
 * A shell in a node, or its console. After a break of the network it goes on where it was: the shell lives for a
 * while without us, and tells what we have missed.
 */
export class ShellConnection {
  readonly #options: ShellOptions;
  readonly #encoder = new TextEncoder();
  #socket: WebSocket | undefined;
  #received = 0;
  #state: ShellState = "connecting";
  #isGone = false;
  #pauseMs = firstPauseMs;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pings: ReturnType<typeof setInterval> | undefined;
  #folders: ((path: string | undefined) => void)[] = [];

  constructor(options: ShellOptions) {
    this.#options = options;
    window.addEventListener("online", this.#online);
    window.addEventListener("offline", this.#offline);
    this.#connect();
  }

  type(text: string): void {
    this.#send(this.#encoder.encode(text), text === "\r");
  }

  typeBytes(text: string): void {
    this.#send(
      Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
      false,
    );
  }

  resize(columns: number, rows: number): void {
    this.#control({ type: "resize", columns, rows });
  }

  /** The folder that the shell is in, as far as that can be told. */
  folder(): Promise<string | undefined> {
    if (this.#options.is === "console" || this.#socket?.readyState !== WebSocket.OPEN)
      return Promise.resolve(undefined);
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#folders.push(resolve);
    this.#control({ type: "folder" });
    return promise;
  }

  /** The shell ends. */
  end(): void {
    this.#options.session.set(undefined);
    this.#close(doesNotComeBack);
  }

  /** The page goes, and may come back. */
  leave(): void {
    this.#close(comesBack);
  }

  #close(code: number): void {
    this.#isGone = true;
    window.removeEventListener("online", this.#online);
    window.removeEventListener("offline", this.#offline);
    this.#forgetSocket(code);
  }

  readonly #online = () => {
    if (this.#state === "lost") this.#connect();
  };

  readonly #offline = () => this.#lose();

  #connect(): void {
    const { address, node, is, onReset, session } = this.#options;
    this.#forgetSocket(comesBack);
    this.#become("connecting");
    const what = is === "console" ? "console" : "exec";
    const socket = new WebSocket(socketAddress(labPath(address, `/nodes/${encodeURIComponent(node)}/${what}`)));
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    let hasHeard = true;
    this.#pings = setInterval(() => {
      if (!hasHeard) this.#lose();
      else this.#control({ type: "ping" });
      hasHeard = false;
    }, pingMs);
    socket.onopen = () => {
      hasHeard = true;
      const { columns, rows } = this.#options.size();
      const known = session.get();
      if (is === "console") {
        // What it said so far comes again.
        onReset();
        this.#become("open");
        this.resize(columns, rows);
      } else if (known === undefined) {
        this.#received = 0;
        const request: ExecRequest = {
          argv: [...loginShell],
          tty: true,
          columns,
          rows,
          environment: { TERM: "xterm-256color" },
          keepMs,
        };
        socket.send(JSON.stringify(request));
      } else socket.send(JSON.stringify({ session: known, received: this.#received } satisfies ExecResume));
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      hasHeard = true;
      if (typeof data === "string") {
        this.#hear(JSON.parse(data) as ExecReport | ConsoleReport);
        return;
      }
      const bytes = is === "console" ? new Uint8Array(data) : new Uint8Array(data, 1);
      this.#received += bytes.length;
      this.#options.onBytes(bytes);
    };
    socket.onclose = ({ code }) => {
      if (this.#socket !== socket) return;
      if (code === takenOver) this.#become("elsewhere");
      else if (this.#state !== "ended") this.#lose();
    };
  }

  #hear(report: ExecReport | ConsoleReport): void {
    const { onSay, session, size } = this.#options;
    switch (report.type) {
      case "started":
        session.set(report.session);
        this.#become("open");
        return;
      case "resumed": {
        if (report.missed > 0) onSay(`${report.missed} bytes that came before are not known any more.`);
        this.#become("open");
        const { columns, rows } = size();
        this.resize(columns, rows);
        return;
      }
      case "folder":
        this.#folders.shift()?.(report.path);
        return;
      case "exit":
        session.set(undefined);
        this.#become("ended");
        onSay(`The shell has ended (${report.exitCode}). Enter begins a new one.`);
        return;
      case "error":
        if (report.code === "TERMINAL_GONE") {
          session.set(undefined);
          onSay("The shell has ended meanwhile. This is a new one.");
          this.#connect();
          return;
        }
        this.#become("ended");
        onSay(`${report.message} ${report.remedy ?? ""}`);
        return;
      case "state":
        if (report.state === "off") onSay("The machine is off.");
        return;
      case "pong":
        return;
      default:
        report satisfies never;
    }
  }

  #send(bytes: Uint8Array, isEnter: boolean): void {
    if (this.#state === "ended" || this.#state === "elsewhere") {
      if (isEnter) this.#connect();
      return;
    }
    if (this.#state !== "open" || this.#socket?.readyState !== WebSocket.OPEN) return;
    if (this.#options.is === "console") {
      this.#socket.send(bytes as Uint8Array<ArrayBuffer>);
      return;
    }
    const frame = new Uint8Array(bytes.length + 1);
    frame[0] = stdin;
    frame.set(bytes, 1);
    this.#socket.send(frame);
  }

  #control(message: ExecControl): void {
    if (this.#state === "open" && this.#socket?.readyState === WebSocket.OPEN)
      this.#socket.send(JSON.stringify(message));
  }

  #lose(): void {
    if (this.#isGone || this.#state === "ended" || this.#state === "elsewhere" || this.#state === "lost") return;
    this.#forgetSocket(comesBack);
    this.#become("lost");
    this.#retry = setTimeout(() => this.#connect(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
  }

  #forgetSocket(code: number): void {
    clearTimeout(this.#retry);
    clearInterval(this.#pings);
    const socket = this.#socket;
    this.#socket = undefined;
    for (const resolve of this.#folders.splice(0)) resolve(undefined);
    if (socket === undefined) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close(code);
  }

  #become(state: ShellState): void {
    if (state === "open") this.#pauseMs = firstPauseMs;
    this.#state = state;
    this.#options.onState(state);
  }
}
