import { type RefObject, useEffect, useRef, useState } from "react";
import type { CaptureStatus } from "../../../src/api/index.ts";
import type { RawFrame } from "../../../src/testing/packets/capture/framing.ts";
import { CaptureReader } from "../../../src/testing/packets/capture/reader.ts";
import { callLab, type LabAddress, labPath } from "../api/call.ts";
import { openStream } from "../api/stream.ts";

/** What a page keeps of one capture. */
const mostBytes = 256 * 1024 * 1024;
const mostFrames = 500_000;
/** Between two questions about what was lost. */
const askMs = 1_000;

export type Recording = { readonly chunks: Uint8Array<ArrayBuffer>[]; readonly frames: RawFrame[]; bytes: number };

/** `full`: it has ended, for a page keeps no more. `broken`: with the connection, or with its lab. */
export type RecordingState = "starting" | "running" | "ended" | "full" | "broken";

const blank = (): Recording => ({ chunks: [], frames: [], bytes: 0 });

const lostOf = ({ interfaces }: CaptureStatus): number =>
  interfaces.reduce((sum, { droppedByRing, droppedByReader }) => sum + droppedByRing + droppedByReader, 0);

/**
 * Captures for as long as it is wanted.
 *
 * @param run what is captured; another one begins anew
 * @returns what has come, which grows without being drawn for each packet; and how many more passed, but were lost
 */
export function useRecording(
  { project, lab }: LabAddress,
  target: string,
  run: { readonly filter: string },
): {
  readonly recording: RefObject<Recording>;
  readonly state: RecordingState;
  readonly error: unknown;
  readonly lost: number;
  /** The interfaces where it captures. */
  readonly ends: readonly string[];
  readonly stop: () => void;
} {
  const [state, setState] = useState<RecordingState>("starting");
  const [error, setError] = useState<unknown>();
  const [lost, setLost] = useState(0);
  const [ends, setEnds] = useState<readonly string[]>([]);
  const recording = useRef(blank());
  const stop = useRef<() => void>(() => undefined);
  useEffect(() => {
    const gone = new AbortController();
    const address = { project, lab };
    const record = blank();
    recording.current = record;
    setError(undefined);
    setState("starting");
    setLost(0);
    let isFull = false;
    let hasBegun = false;
    let isBroken = false;
    let timer: ReturnType<typeof setInterval> | undefined;
    const work = async () => {
      const { id, interfaces } = await callLab(address, "POST", "/captures", {
        body: { targets: [target], ...(run.filter === "" ? {} : { filter: run.filter }) },
        signal: gone.signal,
      });
      setEnds(interfaces.map(({ name }) => name));
      const params = { capture: id };
      stop.current = () => void callLab(address, "DELETE", "/captures/:capture", { params }).catch(() => undefined);
      let asked = 0;
      timer = setInterval(() => {
        if (record.frames.length === asked) return;
        asked = record.frames.length;
        callLab(address, "GET", "/captures/:capture", { params, signal: gone.signal }).then(
          (status) => setLost((known) => Math.max(known, lostOf(status))),
          () => undefined,
        );
      }, askMs);
      const path = labPath(address, `/captures/${encodeURIComponent(id)}/stream`);
      const reader = new CaptureReader({ source: target });
      /** At the end, of each interface. */
      let dropped = 0;
      for await (const part of openStream(path, { signal: gone.signal }, () => {
        hasBegun = true;
        setState("running");
      })) {
        record.chunks.push(part);
        record.bytes += part.length;
        for (const item of reader.push(part)) {
          if (item.is === "frame") record.frames.push(item.frame);
          if (item.is === "statistics") dropped += item.statistics.dropped ?? 0;
        }
        if (isFull || (record.bytes < mostBytes && record.frames.length < mostFrames)) continue;
        isFull = true;
        stop.current();
      }
      if (!gone.signal.aborted && dropped > 0) setLost(dropped);
    };
    work()
      .catch((reason: unknown) => {
        // A capture ends with who reads it: it does not go on when the connection is back.
        isBroken = hasBegun;
        if (!gone.signal.aborted && !isBroken) setError(reason);
      })
      .finally(() => {
        clearInterval(timer);
        if (!gone.signal.aborted) setState(isFull ? "full" : isBroken ? "broken" : "ended");
      });
    return () => {
      gone.abort();
      clearInterval(timer);
    };
  }, [project, lab, target, run]);
  return { recording, state, error, lost, ends, stop: () => stop.current() };
}
