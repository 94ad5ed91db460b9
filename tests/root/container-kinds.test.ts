import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DockerDaemon } from "./docker-daemon.ts";
import { doWhatKindsDo, sayWhatImagesLack } from "./kinds-core.ts";
import { importImage, kindsImage } from "./test-images.ts";

/** Kinds of nodes whose programs are in containers: the same lab file, with an engine and an image. */

const why = DockerDaemon.unavailable();
let docker: DockerDaemon;

beforeAll(async () => {
  if (why !== undefined) return;
  docker = await DockerDaemon.start();
  process.env["DOCKER_HOST"] = `unix://${docker.socket}`;
  await importImage(docker.socket, "kinds:1", kindsImage());
}, 90_000);
afterAll(async () => {
  await docker?.[Symbol.asyncDispose]();
  delete process.env["DOCKER_HOST"];
}, 90_000);

describe.skipIf(why !== undefined)(`kinds in containers${why === undefined ? "" : ` (${why})`}`, () => {
  it("do what they do on this machine's programs, and take configurations while they run", doWhatKindsDo);

  it("say which program their image lacks", async () => {
    await sayWhatImagesLack();
    expect(await docker.containers()).toEqual([]);
  });
});
