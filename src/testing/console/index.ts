export { type ConsoleOptions, SerialConsole, type Waiting } from "./console.ts";
export { ConsoleShell, type Login, type RunResult } from "./shell.ts";
export { TerminalText } from "./terminal-text.ts";
export { TestConsole } from "./test-console.ts";
export { type Found, type Pattern, Transcript } from "./transcript.ts";
