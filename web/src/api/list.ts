import { type InfiniteData, infiniteQueryOptions, type QueryKey } from "@tanstack/react-query";

/** What is asked for and drawn at once; the rest of a list is a step further. */
const pageLength = 100;

type Page<Item> = { readonly items: readonly Item[]; readonly next?: string | undefined };
type Asked = {
  readonly query: { readonly limit: number; readonly after: string | undefined };
  readonly signal: AbortSignal;
};

const allOf = <Item>({ pages }: InfiniteData<Page<Item>>): readonly Item[] => pages.flatMap(({ items }) => items);

/**
 * A list of the server, whose pages follow one another by its cursor: `data` has all that has been asked for.
 *
 * @param ask for one page
 */
export const listQuery = <Item>(queryKey: QueryKey, ask: (page: Asked) => Promise<Page<Item>>) =>
  infiniteQueryOptions({
    queryKey,
    queryFn: ({ signal, pageParam }) => ask({ query: { limit: pageLength, after: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
    select: allOf<Item>,
  });
