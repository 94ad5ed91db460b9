import { Button, Group, Table, Text, TextInput } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Image } from "../../../src/api/index.ts";
import { call } from "../api/call.ts";
import { imagesQuery } from "../api/queries.ts";
import { bytesText } from "../shell/amounts.ts";
import { actions, List } from "../shell/List.tsx";
import { RemoveButton } from "../shell/RemoveButton.tsx";
import { Empty, Trouble } from "../shell/states.tsx";
import { Time } from "../shell/Time.tsx";

const columns = ["Image", "Size", "Here since", "Labs", actions(110)];

/** What nodes can be made of without fetching anything. */
export function ImageList() {
  const images = useInfiniteQuery(imagesQuery);
  return (
    <>
      <Pull />
      <List
        list={images}
        what="the images"
        columns={columns}
        minWidth={640}
        empty={
          <Empty title="No images yet">
            <Text c="dimmed" ta="center">
              Labs whose nodes name an image fetch it when they are deployed. Fetched beforehand, it is there at once.
            </Text>
          </Empty>
        }
      >
        {(image) => <Row key={image.name} image={image} />}
      </List>
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
        <RemoveButton
          verb="Remove"
          what="image"
          name={image.name}
          whyNot={image.labs > 0 ? "A lab that runs uses it" : undefined}
          remove={() => call("DELETE", "/images/:image", { params: { image: image.name } })}
          stale={[imagesQuery.queryKey]}
        >
          A lab that names it fetches it again.
        </RemoveButton>
      </Table.Td>
    </Table.Tr>
  );
}
