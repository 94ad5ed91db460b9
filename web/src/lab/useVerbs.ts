import { useMutation, useQueryClient } from "@tanstack/react-query";
import { callLab, type LabAddress } from "../api/call.ts";
import { labDetailQuery } from "../api/queries.ts";
import type { LabVerbs } from "./verbs.ts";

/** What can be done to a lab at once. */
export function useVerbs(address: LabAddress) {
  const client = useQueryClient();
  const { queryKey } = labDetailQuery(address);
  const onSettled = () => client.invalidateQueries({ queryKey });
  const setLink = useMutation({
    mutationFn: ({ link, state }: { readonly link: string; readonly state: "up" | "down" }) =>
      callLab(address, "POST", "/links/:link/state", { params: { link }, body: { state } }),
    onSettled,
  });
  const clear = useMutation({
    mutationFn: (link: string) =>
      callLab(address, "POST", "/links/:link/impairment", { params: { link }, body: { ab: {}, ba: {} } }),
    onSettled,
  });
  const act = useMutation({
    mutationFn: ({ node, action }: { readonly node: string; readonly action: Parameters<LabVerbs["act"]>[1] }) =>
      callLab(address, "POST", "/nodes/:node/action", { params: { node }, body: { action } }),
    onSettled,
  });
  const partition = useMutation({
    mutationFn: (words: readonly string[]) => callLab(address, "POST", "/partition", { body: { words: [...words] } }),
    onSettled,
  });
  const all = [setLink, clear, act, partition];
  return {
    setLink: (link: string, state: "up" | "down") => setLink.mutate({ link, state }),
    clearImpairment: (link: string) => clear.mutate(link),
    act: (node: string, action: Parameters<LabVerbs["act"]>[1]) => act.mutate({ node, action }),
    partition: (words: readonly string[]) => partition.mutate(words),
    error: all.map(({ error }) => error).find((error) => error !== null) ?? null,
    reset: () => {
      for (const one of all) one.reset();
    },
  };
}
