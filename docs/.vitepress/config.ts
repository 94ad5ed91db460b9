import { defineConfig } from "vitepress";

export default defineConfig({
  title: "Netwright",
  description: "Network labs and the tests that run on them: one file, one command, no root, no daemon.",
  cleanUrls: true,
  lastUpdated: false,
  themeConfig: {
    nav: [
      { text: "Tutorial", link: "/tutorial" },
      { text: "Reference", link: "/reference/lab-file" },
      { text: "Architecture", link: "/architecture" },
    ],
    sidebar: [
      {
        text: "Learn",
        items: [
          { text: "What it is", link: "/" },
          { text: "Tutorial", link: "/tutorial" },
          { text: "Labs in a browser", link: "/ui" },
          { text: "Draw a lab", link: "/gui-editor" },
          { text: "Kinds of nodes", link: "/kinds" },
          { text: "Cut, impair, change", link: "/links" },
          { text: "Capture frames", link: "/captures" },
          { text: "Partition a lab", link: "/partitions" },
          { text: "Switches and VLANs", link: "/switches" },
          { text: "Images", link: "/images" },
          { text: "In and out of a lab", link: "/reach" },
          { text: "Virtual machines", link: "/vms" },
          { text: "Containers", link: "/containers" },
          { text: "Consoles", link: "/consoles" },
          { text: "Copy files", link: "/files" },
          { text: "Limits and requirements", link: "/limits" },
          { text: "A server for a team", link: "/server" },
          { text: "Watch and work in a lab", link: "/gui-live" },
          { text: "Running a server", link: "/operations" },
          { text: "Identity", link: "/server-identity" },
          { text: "Quotas and policies", link: "/server-rules" },
          { text: "Test on labs", link: "/testing" },
          { text: "Assert packets", link: "/testing-packets" },
          { text: "Schedule faults", link: "/faults" },
        ],
      },
      {
        text: "Reference",
        items: [
          { text: "Lab file", link: "/reference/lab-file" },
          { text: "Command line", link: "/reference/command-line" },
          { text: "Errors", link: "/reference/errors" },
          { text: "The server's API", link: "/reference/server-api" },
          { text: "API", link: "/reference/api/" },
        ],
      },
      { text: "Build", items: [{ text: "Architecture", link: "/architecture" }] },
    ],
    search: { provider: "local" },
    outline: [2, 3],
  },
});
