import { useMutation } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { LabLinkChanges, Layout, Others } from "../../../src/api/index.ts";
import { CallError, call } from "../api/call.ts";
import { useProjectEvents } from "../api/follow.ts";
import { placesIn } from "./annotations.ts";
import { readDocument } from "./document.ts";
import { withLinks } from "./unwritten.ts";

/** A lab as it was applied last. */
export type LabBase = {
  readonly text: string;
  readonly revision: number;
  /** What came and went since. */
  readonly links: LabLinkChanges;
  readonly layout: Layout;
};

export const noChanges: LabLinkChanges = { added: [], removed: [] };

/**
 * What a lab that is edited is compared with, and applied over: as it was when the page was opened, until whoever edits
 * says otherwise. What happens to the lab meanwhile is heard.
 */
export function useLabBase(
  { project, lab }: { readonly project: string; readonly lab: string },
  first: LabBase,
): {
  readonly base: LabBase;
  /** Its text, with links that it does not know. */
  readonly asItRuns: string;
  readonly others: Others;
  /** What has happened to it since; undefined where nothing has. */
  readonly meanwhile: string | undefined;
  readonly isRenewing: boolean;
  readonly problem: string | undefined;
  /** Goes on from the lab as it is now. @param then gets it */
  readonly renew: (then: (base: LabBase, asItRuns: string) => void) => void;
} {
  const [base, setBase] = useState(first);
  const [heard, setHeard] = useState<{ readonly revision: number; readonly what: string }>();
  const params = { project, lab };
  const look = (what: string) =>
    call("GET", "/projects/:project/labs/:lab", { params }).then(
      // Answers may come in another order than they were asked for.
      ({ revision }) => setHeard((known) => ((known?.revision ?? 0) >= revision ? known : { revision, what })),
      // It has gone, or the connection has: when that is back, this is asked for again.
      () => undefined,
    );
  const others = useProjectEvents(
    project,
    ({ type, subject, message }) => {
      if (type.startsWith("lab.") && type !== "lab.progress" && subject === lab) void look(`${message}.`);
    },
    { at: `labs/${lab}`, onHeard: () => void look("The lab was changed meanwhile.") },
  );
  const renewing = useMutation({
    mutationFn: async (): Promise<LabBase> => {
      const [now, links] = await Promise.all([
        call("GET", "/projects/:project/labs/:lab/text", { params }),
        call("GET", "/projects/:project/labs/:lab/link-changes", { params }).catch((error: unknown) => {
          // Of one that does not run there are none.
          if (error instanceof CallError && error.code === "LAB_NOT_RUNNING") return noChanges;
          throw error;
        }),
      ]);
      // A text that was applied has the places of its nodes.
      const isPlaced = Object.keys(placesIn(readDocument(now.text))).length > 0;
      return { text: now.text, revision: now.revision, links, layout: isPlaced ? {} : base.layout };
    },
  });
  return {
    base,
    asItRuns: useMemo(() => asItRunsOf(base), [base]),
    others,
    meanwhile: heard !== undefined && heard.revision > base.revision ? heard.what : undefined,
    isRenewing: renewing.isPending,
    problem: renewing.error?.message,
    renew: (then) =>
      renewing.mutate(undefined, {
        onSuccess: (now) => {
          setBase(now);
          then(now, asItRunsOf(now));
        },
      }),
  };
}

export const asItRunsOf = ({ text, links }: LabBase): string => withLinks(text, links.added);
