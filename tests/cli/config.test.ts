import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Netwright } from "./netwright.ts";

it("config pushes, saves and resets what a node is configured with, and still prints the lab", async () => {
  await using netwright = await Netwright.open({
    "lab.yaml": "nodes: {fw: {kind: firewall}}\n",
    "own.nft": "table inet mine {\n}\n",
    "broken.nft": "table inet mine { nonsense }\n",
  });
  await netwright.ok("up");
  await netwright.ok("config", "push", "fw", "own.nft");
  const refused = await netwright.call(["config", "push", "fw", "broken.nft"]);
  expect(refused.stderr).toContain("nonsense");
  expect(refused.exitCode).toBe(1);
  await netwright.ok("config", "save", "fw", "saved.nft");
  expect(readFileSync(join(netwright.folder, "saved.nft"), "utf8")).toBe("table inet mine {\n}\n");
  await netwright.ok("config", "reset", "fw");
  expect(JSON.parse(await netwright.ok("config", "save", "fw", "--json"))).toEqual({
    node: "fw",
    path: "/etc/nftables.conf",
    text: expect.stringContaining("table inet firewall"),
  });
  expect(await netwright.ok("config")).toContain("kind: firewall");
});
