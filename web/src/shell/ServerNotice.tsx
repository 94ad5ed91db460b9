import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { healthQuery } from "../api/queries.ts";
import { useServerLoss } from "../api/server-link.ts";

const words = {
  server: "The server does not answer.",
  database: "The server's database does not answer. Labs go on.",
} as const;

/** Over every page, so that nothing in it moves: what is seen is as it was, for the server cannot be asked. */
export function ServerNotice() {
  // Nothing of it is shown: asking is enough.
  useQuery({ ...healthQuery, notifyOnChangeProps: [] });
  const loss = useServerLoss();
  if (loss === undefined) return null;
  return (
    <Text className="server-lost" size="sm" role="alert">
      {words[loss]} What you see is as it was; it goes on by itself when the {loss === "server" ? "server" : "database"}{" "}
      is back.
    </Text>
  );
}
