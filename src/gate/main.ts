import { writeSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { connectPath } from "../kernel/index.ts";
import { greetings, type NumberedRequest } from "./contract.ts";
import { Gate } from "./gate.ts";

/*
 * The gate: the one process of a lab that is in this machine's own network. It has published ports, passes
 * on what comes to them, and starts what nodes reach the outside by. It does what its supervisor says,
 * on that one's socket, and ends with it; in the sandbox's PID namespace, so that the kernel sees to that.
 *
 * Arguments: the lab's name (for whoever looks for the owner of a port), the supervisor's pid, its socket.
 */

const [, , , pid = "", path = ""] = process.argv;

// A blocking connection, which only descriptors come by, and only when a line has said so.
const descriptors = connectPath(path);
writeSync(descriptors, greetings.descriptors);
const lines = connect(path);
lines.on("error", () => process.exit(0));
lines.on("close", () => process.exit(0));
const gate = new Gate({
  supervisor: Number(pid),
  descriptors,
  tell: (message) => {
    if (lines.writable) lines.write(`${JSON.stringify(message)}\n`);
  },
});
lines.write(greetings.lines);
lines.write(`${JSON.stringify({ event: "ready" })}\n`);
createInterface({ input: lines })
  .on("error", () => undefined)
  .on("line", (line) => void gate.take(JSON.parse(line) as NumberedRequest));
