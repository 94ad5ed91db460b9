import { Text } from "@mantine/core";
import { useServerLost } from "../api/server-link.ts";

/** Over the page, so that nothing in it moves: what is seen is as it was, for the server is not heard. */
export function ServerNotice() {
  if (!useServerLost()) return null;
  return (
    <Text className="server-lost" size="sm" role="alert">
      The server does not answer. What you see is as it was; it goes on by itself when the server is back.
    </Text>
  );
}
