import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { call } from "../api/call.ts";
import { labsQuery } from "../api/queries.ts";

/** What a lab is made of. */
export type DeploySource =
  | { readonly topology: { readonly name: string; readonly version: number } }
  | { readonly text: string };

/** Deploys a lab, and shows it. */
export function useDeploy(project: string) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  return useMutation({
    mutationFn: (lab: { readonly name: string } & DeploySource) =>
      call("POST", "/projects/:project/labs", { params: { project }, body: lab }),
    onSuccess: async ({ name }) => {
      await client.invalidateQueries({ queryKey: labsQuery(project).queryKey });
      navigate(`/projects/${project}/labs/${name}`);
    },
  });
}
