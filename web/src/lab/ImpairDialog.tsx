import { Button, Checkbox, Group, Modal, NativeSelect, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Impairment, LinkStatus } from "../../../src/api/index.ts";
import { LabFileError } from "../../../src/topology/errors/error.ts";
import { impairmentSettings } from "../../../src/topology/impairment/describe.ts";
import { presetNames } from "../../../src/topology/impairment/presets.ts";
import { impairmentOf } from "../../../src/topology/impairment/read.ts";
import type { ImpairmentSettings } from "../../../src/topology/impairment/settings.ts";
import { callLab, type LabAddress } from "../api/call.ts";
import { labDetailQuery } from "../api/queries.ts";
import { Trouble } from "../shell/states.tsx";

const fields = [
  { key: "delay", label: "Delay", example: "20ms" },
  { key: "jitter", label: "Jitter", example: "5ms" },
  { key: "loss", label: "Loss", example: "1%" },
  { key: "rate", label: "Rate", example: "100mbit" },
  { key: "duplicate", label: "Duplicates", example: "0.1%" },
  { key: "corrupt", label: "Bit errors", example: "0.01%" },
] as const;
type Key = (typeof fields)[number]["key"];
type Entered = Partial<Record<Key, string>> & { readonly preset?: string };

/** Fields for what can be said in one word; what was set otherwise (bursts, reordering) stays unless it is changed. */
const enteredOf = (impairment: Impairment | undefined): Entered => {
  const settings = impairmentSettings(impairment ?? {});
  return Object.fromEntries(
    fields.flatMap(({ key }) => {
      const value = settings[key];
      return typeof value === "string" ? [[key, value]] : [];
    }),
  );
};

function read(entered: Entered, before: Impairment | undefined, side: "up" | "down"): Impairment {
  const old = impairmentSettings(before ?? {});
  const kept = Object.fromEntries(
    Object.entries(old).filter(
      ([key, value]) => typeof value !== "string" || !fields.some((field) => field.key === key),
    ),
  );
  const said = Object.fromEntries(Object.entries(entered).filter(([, value]) => value !== undefined && value !== ""));
  return impairmentOf({ ...(entered.preset === undefined ? kept : {}), ...said } as ImpairmentSettings, side);
}

/** Asks what a link is to do to its frames, and has it done. */
export default function ImpairDialog({
  address,
  link,
  onClose,
}: {
  readonly address: LabAddress;
  readonly link: LinkStatus;
  readonly onClose: () => void;
}) {
  const client = useQueryClient();
  const isAlike = JSON.stringify(link.ab) === JSON.stringify(link.ba);
  const [isBoth, setBoth] = useState(isAlike);
  const [there, setThere] = useState<Entered>(() => enteredOf(link.ab));
  const [back, setBack] = useState<Entered>(() => enteredOf(link.ba));
  const [preset, setPreset] = useState("");
  const impair = useMutation({
    mutationFn: () => {
      const chosen = preset === "" ? {} : { preset };
      const ab = read({ ...chosen, ...there }, link.ab, "up");
      const ba = read({ ...chosen, ...(isBoth ? there : back) }, isBoth ? link.ab : link.ba, "down");
      return callLab(address, "POST", "/links/:link/impairment", { params: { link: link.id }, body: { ab, ba } });
    },
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: labDetailQuery(address).queryKey }),
  });
  const column = (title: string, entered: Entered, set: (entered: Entered) => void) => (
    <Stack gap="xs">
      <Text size="sm" fw={600}>
        {title}
      </Text>
      {fields.map(({ key, label, example }) => (
        <TextInput
          key={key}
          size="xs"
          label={label}
          aria-label={`${label}, ${title}`}
          placeholder={`none, or for example ${example}`}
          value={entered[key] ?? ""}
          onChange={({ currentTarget }) => set({ ...entered, [key]: currentTarget.value })}
        />
      ))}
    </Stack>
  );
  const wrong = impair.error instanceof LabFileError ? impair.error.errors : undefined;
  return (
    <Modal opened onClose={onClose} title={`Impair ${link.a} to ${link.b}`} size={isBoth ? "sm" : "lg"}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          impair.mutate();
        }}
      >
        <Stack>
          <NativeSelect
            size="xs"
            label="Like a link of real life"
            description="Its figures hold where nothing is said below"
            value={preset}
            data={[{ value: "", label: "no" }, ...presetNames]}
            onChange={({ currentTarget }) => setPreset(currentTarget.value)}
          />
          <Checkbox
            label="The same in both directions"
            checked={isBoth}
            onChange={({ currentTarget }) => setBoth(currentTarget.checked)}
          />
          <SimpleGrid cols={isBoth ? 1 : 2}>
            {column(isBoth ? "Both directions" : `${link.a} to ${link.b}`, there, setThere)}
            {!isBoth && column(`${link.b} to ${link.a}`, back, setBack)}
          </SimpleGrid>
          {wrong?.map((one) => (
            <Text key={one.message} size="sm" c="red" role="alert">
              {one.message} {one.remedy}
            </Text>
          ))}
          {impair.isError && wrong === undefined && <Trouble error={impair.error} />}
          <Group justify="flex-end">
            <Button
              variant="default"
              type="button"
              onClick={() => {
                setThere({});
                setBack({});
                setPreset("");
              }}
            >
              Empty all fields
            </Button>
            <Button type="submit" loading={impair.isPending}>
              Impair
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
