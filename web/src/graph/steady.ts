import { useRef, useState } from "react";

type Handlers = Readonly<Record<string, (...given: never[]) => unknown>>;

/**
 * Functions that stay the same and do what the latest ones do. Who is given others thinks that something has changed:
 * the picture would ask each of its nodes.
 */
export function useSteadyHandlers<All extends Handlers>(latest: All): All {
  const current = useRef(latest);
  current.current = latest;
  const [steady] = useState(
    () =>
      Object.fromEntries(
        Object.keys(latest).map((name) => [name, (...given: never[]) => current.current[name]?.(...given)]),
      ) as unknown as All,
  );
  return steady;
}
