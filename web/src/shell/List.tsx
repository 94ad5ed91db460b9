import { Button, Center, Group, Table, Text } from "@mantine/core";
import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Loading, Trouble } from "./states.tsx";

export type Column = string | { readonly title: string; readonly width: number; readonly isHidden?: boolean };

/** The column of what can be done to each. */
export const actions = (width: number): Column => ({ title: "Actions", width, isHidden: true });

type ListQuery<Item> = Pick<
  UseInfiniteQueryResult<readonly Item[]>,
  "data" | "error" | "refetch" | "hasNextPage" | "isFetchingNextPage" | "fetchNextPage" | "isPlaceholderData"
>;

/** What the server has of something, in a table, of which more is shown where there is more. */
export function List<Item>({
  list,
  what,
  columns,
  minWidth,
  isDense = false,
  shows = () => true,
  empty,
  children,
}: {
  readonly list: ListQuery<Item>;
  /** As it is said while it is on its way. */
  readonly what: string;
  readonly columns: readonly Column[];
  /** In pixels; on a screen that has less, the table scrolls. */
  readonly minWidth: number;
  readonly isDense?: boolean;
  /** Of what is here, what is wanted. */
  readonly shows?: (item: Item) => boolean;
  /** In place of a table without rows. */
  readonly empty: ReactNode;
  /** The row of each. */
  readonly children: (item: Item) => ReactNode;
}) {
  const { data, error } = list;
  const trouble = error !== null && <Trouble error={error} onRetry={() => void list.refetch()} />;
  if (data === undefined) return trouble || <Loading what={what} />;
  const shown = data.filter(shows);
  return (
    <>
      {shown.length === 0 ? (
        empty
      ) : (
        <Table.ScrollContainer minWidth={minWidth}>
          <Table
            highlightOnHover
            verticalSpacing={isDense ? 6 : "sm"}
            {...(isDense ? { fz: "sm" } : {})}
            style={{ opacity: list.isPlaceholderData ? 0.6 : 1 }}
          >
            <Table.Thead>
              <Table.Tr>
                {columns.map((column) => {
                  const { title, width, isHidden } =
                    typeof column === "string" ? { title: column, width: undefined, isHidden: false } : column;
                  return (
                    <Table.Th key={title} w={width}>
                      {isHidden ? <span className="hidden-text">{title}</span> : title}
                    </Table.Th>
                  );
                })}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>{shown.map(children)}</Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {trouble}
      <More list={list} />
    </>
  );
}

/** Says that a list is longer than what is shown, and asks for more of it. */
export function More<Item>({ list }: { readonly list: ListQuery<Item> }) {
  if (!list.hasNextPage || list.data === undefined) return null;
  return (
    <Center mt="md">
      <Group gap="sm">
        <Text size="sm" c="dimmed" role="status">
          The first {list.data.length} are shown.
        </Text>
        <Button size="xs" variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more
        </Button>
      </Group>
    </Center>
  );
}

/** How many there are, as far as it is known: 100+. */
export const countText = ({ data, hasNextPage }: Pick<ListQuery<unknown>, "data" | "hasNextPage">): string =>
  data === undefined ? "" : `${data.length}${hasNextPage ? "+" : ""}`;
