import type { Problem } from "../../../src/api/index.ts";
import { apiPrefix, CallError, type LabAddress, labPath, offline, proofHeaders } from "../api/call.ts";

/**
 * Puts a file into a node. Not by fetch, which does not say how much has been sent.
 *
 * @param path in the node, from its root
 * @throws CallError
 */
export function upload(
  address: LabAddress,
  node: string,
  path: string,
  file: File,
  onProgress: (sent: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const request = new XMLHttpRequest();
  const place = labPath(address, `/nodes/${encodeURIComponent(node)}/file?${new URLSearchParams({ path })}`);
  request.open("PUT", `${apiPrefix}${place}`);
  request.setRequestHeader("content-type", "application/octet-stream");
  for (const [name, value] of Object.entries(proofHeaders())) request.setRequestHeader(name, value);
  request.upload.onprogress = ({ loaded }) => onProgress(loaded);
  request.onload = () => {
    if (request.status < 300) resolve();
    else reject(new CallError(JSON.parse(request.responseText) as Problem));
  };
  request.onerror = () => reject(offline());
  request.onabort = () => reject(new DOMException("The upload was stopped.", "AbortError"));
  signal.addEventListener("abort", () => request.abort(), { once: true });
  request.send(file);
  return promise;
}
