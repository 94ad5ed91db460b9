/** Starts a lab, prints the supervisor's process id and the folder of its files, and is gone without a word. */
import { defineLab, startLab } from "../../../src/testing/index.ts";

const lab = await startLab(defineLab({ name: "killed", nodes: { h1: {} } }));
const { supervisorPid } = await lab.client.summary();
process.stdout.write(`${supervisorPid}\n${lab.folder}\n`, () => process.kill(process.pid, "SIGKILL"));
