import { expect, it } from "vitest";
import { parseMountInfo, uncovered } from "../../src/kernel/mountinfo.ts";

it("reads /proc/pid/mountinfo, with any number of optional fields and names with spaces", () => {
  const text = [
    "36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue",
    "23 1 0:22 / / ro,nosuid,relatime - overlay over\\134lay rw,lowerdir=/a:/b",
    "",
  ].join("\n");
  expect(parseMountInfo(text)).toEqual([
    {
      id: 36,
      parent: 35,
      root: "/mnt1",
      mountPoint: "/mnt 2",
      options: ["rw", "noatime"],
      propagation: ["master:1", "shared:2"],
      type: "ext3",
      source: "/dev/root",
      superOptions: ["rw", "errors=continue"],
    },
    {
      id: 23,
      parent: 1,
      root: "/",
      mountPoint: "/",
      options: ["ro", "nosuid", "relatime"],
      propagation: [],
      type: "overlay",
      source: "over\\lay",
      superOptions: ["rw", "lowerdir=/a:/b"],
    },
  ]);
});

it("tells which mounts a path leads to", () => {
  const mounts = parseMountInfo(
    [
      "1 0 0:1 / / rw - ext4 root rw",
      "2 1 0:2 / /mnt rw - tmpfs under rw",
      "3 2 0:3 / /mnt/deep rw - tmpfs deep rw",
      "4 2 0:4 / /mnt rw - tmpfs over rw",
      "5 4 0:5 / /mnt/deep rw - tmpfs visible rw",
      "6 1 0:6 / /mnt2 rw - tmpfs beside rw",
    ].join("\n"),
  );
  expect(uncovered(mounts).map(({ source }) => source)).toEqual(["root", "over", "visible", "beside"]);
});
