import { Button, Group, Table, Text, TextInput } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Image } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { imagesQuery } from "../api/queries.ts";
import { Ask } from "../shell/Ask.tsx";
import { bytesText } from "../shell/amounts.ts";
import { More } from "../shell/More.tsx";
import { Empty, Loading, Trouble } from "../shell/states.tsx";
import { Time } from "../shell/Time.tsx";

/** What nodes can be made of without fetching anything. */
export function ImageList() {
  const images = useInfiniteQuery(imagesQuery);
  if (images.isPending) return <Loading what="the images" />;
  if (images.isError) return <Trouble error={images.error} onRetry={() => void images.refetch()} />;
  const all = images.data.pages.flatMap(({ items }) => items);
  return (
    <>
      <Pull />
      {all.length === 0 ? (
        <Empty title="No images yet">
          <Text c="dimmed" ta="center">
            Labs whose nodes name an image fetch it when they are deployed. Fetched beforehand, it is there at once.
          </Text>
        </Empty>
      ) : (
        <Table.ScrollContainer minWidth={640}>
          <Table verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Image</Table.Th>
                <Table.Th>Size</Table.Th>
                <Table.Th>Here since</Table.Th>
                <Table.Th>Labs</Table.Th>
                <Table.Th w={110}>
                  <span className="hidden-text">Actions</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {all.map((image) => (
                <Row key={image.name} image={image} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <More list={images} />
    </>
  );
}

function Pull() {
  const client = useQueryClient();
  const [reference, setReference] = useState("");
  const pull = useMutation({
    mutationFn: () => call("POST", "/images", { body: { reference: reference.trim() } }),
    onSuccess: () => {
      setReference("");
      return client.invalidateQueries({ queryKey: imagesQuery.queryKey });
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        pull.mutate();
      }}
    >
      <Group align="flex-end" mb="md">
        <TextInput
          label="Fetch an image"
          placeholder="debian:12"
          w={320}
          value={reference}
          onChange={({ currentTarget }) => setReference(currentTarget.value)}
        />
        <Button
          type="submit"
          variant="default"
          leftSection={<IconDownload size={16} />}
          loading={pull.isPending}
          disabled={reference.trim() === ""}
        >
          Fetch
        </Button>
      </Group>
      {pull.isError && <Trouble error={pull.error} />}
    </form>
  );
}

function Row({ image }: { readonly image: Image }) {
  const client = useQueryClient();
  const [asks, setAsks] = useState(false);
  const remove = useMutation({
    mutationFn: () => call("DELETE", "/images/:image", { params: { image: image.name } }),
    onSuccess: () => client.invalidateQueries({ queryKey: imagesQuery.queryKey }),
  });
  return (
    <Table.Tr>
      <Table.Td fw={600}>{image.name}</Table.Td>
      <Table.Td>
        {bytesText(image.bytes)}
        {image.unpackedBytes !== undefined && (
          <Text size="xs" c="dimmed">
            {bytesText(image.unpackedBytes)} unpacked
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Time text={image.at} />
      </Table.Td>
      <Table.Td>{image.labs}</Table.Td>
      <Table.Td>
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          disabled={image.labs > 0}
          title={image.labs > 0 ? "A lab that runs uses it" : undefined}
          onClick={() => setAsks(true)}
          aria-label={`Remove image ${image.name}`}
        >
          Remove
        </Button>
        <Ask
          isOpen={asks}
          title={`Remove image ${image.name}?`}
          verb="Remove image"
          isBusy={remove.isPending}
          error={remove.error}
          onYes={() => remove.mutate()}
          onNo={() => setAsks(false)}
        >
          A lab that names it fetches it again.
        </Ask>
      </Table.Td>
    </Table.Tr>
  );
}
