import { type RefCallback, useCallback, useEffect, useRef } from "react";

/**
 * A list that stays at its end, unless somebody has gone back in it.
 *
 * @param last what its last line is known by
 */
export function useEnd(last: number | string | undefined): RefCallback<HTMLElement> {
  const list = useRef<HTMLElement>(null);
  const isAtEnd = useRef(true);
  const watch = useCallback((element: HTMLElement) => {
    list.current = element;
    const look = () => {
      if (element.clientHeight === 0) return;
      isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 40;
    };
    element.addEventListener("scroll", look);
    // Shown again, or of another height.
    const size = new ResizeObserver(() => {
      if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    });
    size.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      size.disconnect();
      list.current = null;
    };
  }, []);
  useEffect(() => {
    const element = list.current;
    if (last !== undefined && isAtEnd.current && element !== null) element.scrollTop = element.scrollHeight;
  }, [last]);
  return watch;
}
