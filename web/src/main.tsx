import "@mantine/core/styles.css";
import "./shell/shell.css";
import { type CSSVariablesResolver, createTheme, MantineProvider } from "@mantine/core";
import { MutationCache, QueryCache, QueryClient, QueryClientProvider, type QueryKey } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { CallError } from "./api/call.ts";
import { sessionQuery } from "./api/queries.ts";
import { App } from "./shell/App.tsx";

const theme = createTheme({
  primaryColor: "blue",
  primaryShade: { light: 8, dark: 8 },
  defaultRadius: "sm",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace",
  respectReducedMotion: true,
  components: {
    Modal: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    // In a text, a link is not told by its colour alone (WCAG 2.1, 1.4.1).
    Anchor: { defaultProps: { underline: "always" } },
  },
});

/** Texts that can be read on either background (WCAG 2.1, 1.4.3). */
const readable: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#52585f",
    "--mantine-color-placeholder": "#6c7279",
    "--mantine-color-green-light-color": "#1e6b30",
    "--mantine-color-yellow-light-color": "#6b4a00",
    "--mantine-color-orange-light-color": "#8a3a00",
    "--mantine-color-red-light-color": "#a51d1d",
    "--mantine-color-blue-light-color": "#155a9c",
  },
  dark: {
    // What takes something away is told from what does not, on this background too.
    "--mantine-color-red-light-color": "#ffb3b3",
    // A tint, and no wall of colour.
    "--mantine-color-red-light": "rgba(224, 49, 49, 0.2)",
    "--mantine-color-red-light-hover": "rgba(224, 49, 49, 0.28)",
    "--mantine-color-yellow-light": "rgba(250, 176, 5, 0.16)",
    "--mantine-color-orange-light": "rgba(232, 89, 12, 0.2)",
    "--mantine-color-green-light": "rgba(47, 158, 68, 0.2)",
    "--mantine-color-dimmed": "#a9adb3",
    "--mantine-color-placeholder": "#a0a4aa",
  },
});

// A session that has ended, whatever asked: the page to sign in is shown in place of what was there.
const ended = (error: Error, key?: QueryKey) => {
  if (error instanceof CallError && error.code === "NOT_SIGNED_IN" && key?.[0] !== "session")
    void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
};
const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error, { queryKey }) => ended(error, queryKey) }),
  mutationCache: new MutationCache({ onError: (error) => ended(error) }),
  defaultOptions: {
    queries: {
      // What the server refuses, it refuses again; what did not reach it is tried for as long as somebody looks.
      retry: (count, error) => error instanceof CallError && error.code === "OFFLINE" && count < 3,
      staleTime: 2_000,
      throwOnError: false,
    },
  },
});
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element with the id root");
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" cssVariablesResolver={readable}>
      <QueryClientProvider client={client}>
        <App />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
