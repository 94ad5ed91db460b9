import { useRef, useState } from "react";
import type { LabAddress } from "../api/call.ts";
import { upload } from "./upload.ts";

/** Where files go when nobody knows in which folder the shell is. */
const home = "/root";

type Upload = {
  readonly number: number;
  readonly name: string;
  readonly folder?: string;
  readonly percent: number;
  readonly isDone?: boolean;
  readonly error?: string;
  readonly stop: () => void;
};

/** Files on their way into a node, one after the other. */
export function useUploads(address: LabAddress, node: string, folder: () => Promise<string | undefined>) {
  const [list, setList] = useState<readonly Upload[]>([]);
  const number = useRef(0);
  const turn = useRef<Promise<void>>(Promise.resolve());
  const change = (of: number, values: Partial<Upload>) =>
    setList((known) => known.map((one) => (one.number === of ? { ...one, ...values } : one)));
  const add = (files: readonly File[]) => {
    for (const file of files) {
      number.current += 1;
      const of = number.current;
      const stopping = new AbortController();
      setList((known) => [...known, { number: of, name: file.name, percent: 0, stop: () => stopping.abort() }]);
      const work = async () => {
        if (stopping.signal.aborted) throw new DOMException("The upload was stopped.", "AbortError");
        const to = (await folder()) ?? home;
        change(of, { folder: to });
        const onProgress = (sent: number) => change(of, { percent: Math.floor((100 * sent) / Math.max(1, file.size)) });
        const path = `${to === "/" ? "" : to}/${file.name}`;
        await upload(address, node, path, file, onProgress, stopping.signal);
      };
      turn.current = turn.current.then(work).then(
        () => change(of, { percent: 100, isDone: true }),
        (error: unknown) => change(of, { error: `${file.name}: ${error instanceof Error ? error.message : error}` }),
      );
    }
  };
  const remove = (of: number) => setList((known) => known.filter((one) => one.number !== of));
  return { list, add, remove };
}
