import "@mantine/core/styles.css";
import "./shell/shell.css";
import { type CSSVariablesResolver, createTheme, MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { makeClient } from "./api/client.ts";
import { App } from "./shell/App.tsx";
import { ServerNotice } from "./shell/ServerNotice.tsx";

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

const client = makeClient();
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element with the id root");
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" cssVariablesResolver={readable}>
      <QueryClientProvider client={client}>
        <ServerNotice />
        <App />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
