import { type Benchmark, median } from "../case.ts";
import { writeSystem } from "../image.ts";
import { Netwright } from "../netwright.ts";

const bytes = 100e6;
const layers = 3;
const rounds = 5;

/** An image fetched from a folder, checked and unpacked, beside tar(1) that unpacks the same layers one after the other. */
export const benchmark: Benchmark = {
  name: "unpack",
  targets: [{ figure: "unpack of a 100 MB image, in times of tar", atMost: 2 }],
  async run(context) {
    await using netwright = await Netwright.with(context, "name: none\nnodes: { h1: {} }\n");
    const image = await writeSystem(`${netwright.folder}/system`, bytes, layers);
    const [tars, pulls]: [number[], number[]] = [[], []];
    for (let round = 1; round <= rounds; round++) {
      context.note(`round ${round} of ${rounds}`);
      await netwright.other("mkdir", "root");
      let seconds = 0;
      for (const blob of image.blobs) seconds += (await netwright.other("tar", "-xzf", blob, "-C", "root")).seconds;
      tars.push(seconds);
      await netwright.other("rm", "-rf", "root");
      pulls.push((await netwright.run("image", "pull", "oci:system")).seconds);
      await netwright.run("image", "prune", "--all");
    }
    return {
      figures: [
        { figure: "files and folders of the image", value: image.entries, unit: "" },
        { figure: "tar of a 100 MB image", value: median(tars), unit: "s" },
        { figure: "unpack of a 100 MB image", value: median(pulls), unit: "s" },
        {
          figure: "unpack of a 100 MB image, in times of tar",
          value: median(pulls.map((pull, round) => pull / (tars[round] as number))),
          unit: "×",
        },
      ],
      samples: { tars, pulls },
    };
  },
};
