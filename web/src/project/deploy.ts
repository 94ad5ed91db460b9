import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import type { Layout } from "../../../src/api/index.ts";
import { CallError, call } from "../api/call.ts";
import { labsQuery, topologiesQuery } from "../api/queries.ts";

/** What a lab is made of. */
export type DeploySource =
  | { readonly topology: { readonly name: string; readonly version: number } }
  | { readonly text: string };

/** Deploys a lab, and shows it. */
export function useDeploy(project: string) {
  const shows = useShows(project);
  return useMutation({
    mutationFn: (lab: { readonly name: string } & DeploySource) =>
      call("POST", "/projects/:project/labs", { params: { project }, body: lab }),
    onSuccess: shows,
  });
}

/** A lab file that is not here yet. */
export type NewFile = { readonly name: string; readonly text: string; readonly layout?: Layout };

/** Keeps a lab file as a topology, to be changed later, and deploys that: both under its name, or one like it. */
export function useDeployFile(project: string) {
  const client = useQueryClient();
  const shows = useShows(project);
  return useMutation({
    mutationFn: async (file: NewFile) => {
      const kept = await keep(project, file);
      try {
        return await deploy(project, file.name, kept.topology);
      } catch (error) {
        // What cannot be deployed is not wanted here: nobody has asked for a topology.
        if (kept.isNew)
          await call("DELETE", "/projects/:project/topologies/:topology", {
            params: { project, topology: kept.topology.name },
          }).catch(() => undefined);
        throw error;
      }
    },
    onSuccess: shows,
    onSettled: () => client.invalidateQueries({ queryKey: topologiesQuery(project).queryKey }),
  });
}

const isCode = (error: unknown, code: string): boolean => error instanceof CallError && error.code === code;

/** Of more that are alike, none is wanted. */
const mostAlike = 50;
const longestName = 40;

/** A name, and others like it for where it is taken: hello, hello-2, hello-3. */
export function* namesLike(name: string): Generator<string, void, undefined> {
  for (let number = 1; number <= mostAlike; number += 1) {
    const end = number === 1 ? "" : `-${number}`;
    yield `${name.slice(0, longestName - end.length)}${end}`;
  }
}

/** Makes a topology of a file; the one that is there where that has the same text. */
async function keep(project: string, { name: wanted, text, layout }: NewFile) {
  let problem: unknown;
  for (const name of namesLike(wanted)) {
    const params = { project, topology: name };
    try {
      const body = { text, message: "", ...(layout === undefined ? {} : { layout }) };
      const { version } = await call("PUT", "/projects/:project/topologies/:topology", { params, body, ifMatch: 0 });
      return { topology: { name, version }, isNew: true };
    } catch (error) {
      if (!isCode(error, "CHANGED_MEANWHILE")) throw error;
      problem = error;
    }
    const known = await call("GET", "/projects/:project/topologies/:topology", { params, query: {} });
    if (known.text === text) return { topology: { name, version: known.version }, isNew: false };
  }
  throw problem;
}

async function deploy(project: string, wanted: string, topology: { readonly name: string; readonly version: number }) {
  let problem: unknown;
  for (const name of namesLike(wanted)) {
    try {
      return await call("POST", "/projects/:project/labs", { params: { project }, body: { name, topology } });
    } catch (error) {
      if (!isCode(error, "NAME_IN_USE")) throw error;
      problem = error;
    }
  }
  throw problem;
}

function useShows(project: string) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  return async ({ name }: { readonly name: string }) => {
    await client.invalidateQueries({ queryKey: labsQuery(project).queryKey });
    navigate(`/projects/${project}/labs/${name}`);
  };
}
