import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { GuestAgent } from "../../src/engines/vm/agent/agent.ts";

type Command = { readonly execute: string; readonly arguments: Readonly<Record<string, unknown>> };

/** A port with an agent's answers, as lines: of a command, or of nothing while it is silent. */
function port(answers: (command: Command) => readonly (string | Buffer)[]) {
  const asked: string[] = [];
  const stream = new Duplex({
    read: () => undefined,
    write: (bytes: Buffer, _, done) => {
      const command = JSON.parse(bytes.subarray(bytes.lastIndexOf(0xff) + 1).toString()) as Command;
      asked.push(command.execute);
      for (const answer of answers(command)) stream.push(answer);
      done();
    },
  });
  return { asked, agent: new GuestAgent("a", stream), stream };
}

const synced = ({ arguments: { id } }: Command) => [Buffer.of(0xff), `{"return": ${String(id)}}\n`];

describe("the client of the guest agent", () => {
  it("begins with a sync, and takes nothing from before it for an answer", async () => {
    const { agent, asked } = port((command) =>
      command.execute === "guest-sync-delimited"
        ? ['{"return": 7}\n{"cut o', '{"error": {"desc": "old"}}\n', ...synced(command)]
        : ['{"ret', 'urn": {"handle"', ": 1}}\n"],
    );
    await agent.reach();
    expect(await agent.execute("guest-file-open")).toEqual({ handle: 1 });
    expect(asked).toEqual(["guest-sync-delimited", "guest-file-open"]);
  });

  it("asks one thing after the other, and says what is refused", async () => {
    const { agent } = port((command) =>
      command.execute === "guest-sync-delimited"
        ? synced(command)
        : [
            command.execute === "good"
              ? `{"return": ${String(command.arguments["n"])}}\n`
              : '{"error": {"class": "CommandNotFound", "desc": "it has been disabled"}}\n',
          ],
    );
    const all = [1, 2].map((n) => agent.execute("good", { n }));
    await expect(agent.execute("bad")).rejects.toMatchObject({
      code: "VM_AGENT_REFUSED",
      message: expect.stringContaining("it has been disabled"),
    });
    expect(await Promise.all(all)).toEqual([1, 2]);
  });

  it("begins anew after a silence: the late answer is not the next one's", async () => {
    let late = "";
    const { agent, asked } = port((command) => {
      if (command.execute === "guest-sync-delimited") return [late, ...synced(command)];
      if (command.execute === "quick") return ['{"return": "quick"}\n'];
      late = '{"return": "late"}\n';
      return [];
    });
    await expect(agent.execute("slow", {}, 20)).rejects.toMatchObject({ code: "VM_AGENT_SILENT" });
    expect(await agent.execute("quick")).toBe("quick");
    expect(asked).toEqual(["guest-sync-delimited", "slow", "guest-sync-delimited", "quick"]);
  });

  it("ends with the machine", async () => {
    const { agent, stream } = port(() => []);
    const waiting = agent.reach();
    stream.destroy();
    await expect(waiting).rejects.toMatchObject({ code: "VM_AGENT_LOST" });
    await expect(agent.execute("any")).rejects.toMatchObject({ code: "VM_AGENT_LOST" });
  });
});
