import { createContext, type ReactNode, type RefObject, useContext, useEffect, useMemo, useRef, useState } from "react";
import { type AroundNavHandler, Router } from "wouter";
import { Ask } from "./Ask.tsx";

/** Whether leaving the page would lose something. */
const Unsaved = createContext<RefObject<boolean>>({ current: false });

const nothingAsked = { isPending: false, error: null };

/** Asks before another page is shown in place of one that has changes which are not saved. */
export function Leaving({ children }: { readonly children: ReactNode }) {
  const unsaved = useRef(false);
  const [leave, setLeave] = useState<() => void>();
  const aroundNav = useMemo(
    (): AroundNavHandler => (navigate, to, options) => {
      if (unsaved.current) setLeave(() => () => navigate(to, options));
      else navigate(to, options);
    },
    [],
  );
  return (
    <Router aroundNav={aroundNav}>
      <Unsaved value={unsaved}>{children}</Unsaved>
      <Ask
        isOpen={leave !== undefined}
        title="Leave what is not saved?"
        verb="Leave"
        action={nothingAsked}
        onYes={() => {
          setLeave(undefined);
          leave?.();
        }}
        onNo={() => setLeave(undefined)}
      >
        Your changes on this page are kept nowhere else, and are lost when you leave it.
      </Ask>
    </Router>
  );
}

/**
 * For a page with changes: it is not left without a question, neither for another page nor by closing it.
 *
 * @returns says that nothing is unsaved any more, for whoever shows another page at once
 */
export function useUnsaved(isUnsaved: boolean): () => void {
  const unsaved = useContext(Unsaved);
  useEffect(() => {
    if (!isUnsaved) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    unsaved.current = true;
    return () => {
      window.removeEventListener("beforeunload", warn);
      unsaved.current = false;
    };
  }, [isUnsaved, unsaved]);
  return () => {
    unsaved.current = false;
  };
}
