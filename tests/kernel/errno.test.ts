import { describe, expect, it } from "vitest";
import { errnoName, KernelError } from "../../src/kernel/index.ts";

describe("kernel errors", () => {
  it("name error numbers as the manual pages do", () => {
    expect([1, 11, 95, 107, 121, 4000].map(errnoName)).toEqual([
      "EPERM",
      "EAGAIN",
      "EOPNOTSUPP",
      "ENOTCONN",
      "EREMOTEIO",
      "E4000",
    ]);
  });

  it("say what was asked for, what happened and why", () => {
    const error = new KernelError("link add jack1", 17, "name is taken");
    expect(error.message).toBe("link add jack1: file already exists (EEXIST): name is taken");
    expect(error).toMatchObject({ call: "link add jack1", errno: 17, code: "EEXIST", detail: "name is taken" });
  });
});
