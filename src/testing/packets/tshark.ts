import { spawn } from "node:child_process";
import { labError } from "../../topology/errors/error.ts";

export type TsharkOptions<Field extends string> = {
  /** Names of tshark's fields, e.g. `frame.time_epoch`, `gre.proto`; at least one (`tshark -G fields` lists them). */
  readonly fields: readonly Field[];
  /** Display filter: which packets (wireshark-filter(4)). All when absent. */
  readonly filter?: string;
  /** Layers that tshark would not know by their ports: `tcp.port==8080,http`. */
  readonly decodeAs?: readonly string[];
  /** Settings that differ from tshark's own: `tcp.check_checksum:TRUE`. */
  readonly preferences?: readonly string[];
  /** 60 seconds when absent. */
  readonly timeoutMs?: number;
  /** The program, when it is not `tshark` in the PATH. */
  readonly program?: string;
};

/** The values of each field of one packet: none, one, or several when it occurs several times. */
export type TsharkRecord<Field extends string> = { readonly [Name in Field]: readonly string[] };

const usualTimeoutMs = 60_000;
const mostOutputBytes = 512 * 1024 * 1024;

/**
 * Decodes a capture file with tshark, for protocols that Netwright does not read.
 *
 *     const tunnels = await decodeWithTshark("r1.pcapng", { filter: "gre", fields: ["gre.proto", "ip.src"] });
 *     tunnels[0]["gre.proto"];   // ["0x0800"]
 *
 * @returns one record per packet that passes the filter, in order, with tshark's own texts
 * @throws TSHARK_MISSING; TSHARK_FAILED, e.g. for a field or a filter that it does not know
 */
export async function decodeWithTshark<const Field extends string>(
  file: string,
  options: TsharkOptions<Field>,
): Promise<readonly TsharkRecord<Field>[]> {
  const { fields, filter, decodeAs = [], preferences = [], timeoutMs = usualTimeoutMs, program = "tshark" } = options;
  if (fields.length === 0) throw labError("TSHARK_FAILED", { file, reason: "no fields are asked for" });
  const argv = [
    // Without names of addresses, which would be asked for over the network.
    ...["-n", "-r", file, "-T", "json"],
    ...(filter === undefined ? [] : ["-Y", filter]),
    ...decodeAs.flatMap((rule) => ["-d", rule]),
    ...preferences.flatMap((preference) => ["-o", preference]),
    ...fields.flatMap((field) => ["-e", field]),
  ];
  const output = await run(program, argv, file, timeoutMs);
  return parse(output, fields, file);
}

async function run(program: string, argv: readonly string[], file: string, timeoutMs: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(program, argv, { stdio: ["ignore", "pipe", "pipe"], timeout: timeoutMs, killSignal: "SIGKILL" });
  const [output, complaints]: [Buffer[], Buffer[]] = [[], []];
  let bytes = 0;
  child.stdout.on("data", (data: Buffer) => {
    bytes += data.length;
    if (bytes <= mostOutputBytes) output.push(data);
    else child.kill("SIGKILL");
  });
  child.stderr.on("data", (data: Buffer) => complaints.push(data));
  child.once("error", (cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") reject(labError("TSHARK_MISSING", { program }, { cause }));
    else reject(labError("TSHARK_FAILED", { file, reason: cause.message }, { cause }));
  });
  child.once("close", (code, signal) => {
    if (code === 0) resolve(Buffer.concat(output).toString());
    else {
      const said = complaint(Buffer.concat(complaints).toString());
      const late = `it took longer than ${timeoutMs} ms`;
      const much = `it wrote more than ${mostOutputBytes} bytes; ask for fewer packets or fields`;
      const ending = signal === null ? (said ?? `it ended with ${code}`) : bytes > mostOutputBytes ? much : late;
      reject(labError("TSHARK_FAILED", { file, reason: ending }));
    }
  });
  return promise;
}

/** What tshark says of the matter; as root, it warns first. */
function complaint(text: string): string | undefined {
  const lines = text.split("\n").map((line) => line.replace(/^tshark: /, "").trim());
  const said = lines.filter((line) => line !== "" && !line.startsWith("Running as user"));
  return said.length === 0 ? undefined : said.join(" ").replace(/\.$/, "");
}

type Printed = { readonly _source: { readonly layers?: Readonly<Record<string, readonly string[]>> } };

function parse<Field extends string>(
  output: string,
  fields: readonly Field[],
  file: string,
): readonly TsharkRecord<Field>[] {
  let printed: readonly Printed[];
  try {
    printed = JSON.parse(output) as readonly Printed[];
  } catch (cause) {
    throw labError("TSHARK_FAILED", { file, reason: "what it wrote is no JSON" }, { cause });
  }
  return printed.map(
    ({ _source: { layers = {} } }) =>
      Object.fromEntries(fields.map((field) => [field, layers[field] ?? []])) as unknown as TsharkRecord<Field>,
  );
}
