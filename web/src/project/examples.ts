import hello from "../../../examples/hello/lab.yaml?raw";
import office from "../../../examples/office/lab.yaml?raw";
import triangle from "../../../examples/ospf-triangle/lab.yaml?raw";
import type { NewFile } from "./deploy.ts";

export type Example = NewFile & { readonly title: string; readonly about: string };

/** Without the line by which editors of files find the schema: it leads to a file beside the example's. */
const textOf = (file: string): string => file.replace(/^# yaml-language-server:.*\n/, "");

/** Labs to begin with, those of the documentation. */
export const examples: readonly Example[] = [
  {
    name: "hello",
    title: "Two hosts",
    about: "Two hosts and the cable between them.",
    text: textOf(hello),
    layout: { h1: { x: 0, y: 0 }, h2: { x: 240, y: 0 } },
  },
  {
    name: "office",
    title: "An office",
    about: "Two networks, a switch, a router and a web server.",
    text: textOf(office),
  },
  {
    name: "ospf-triangle",
    title: "A triangle of routers",
    about: "Three routers that find their routes by OSPF. Cut a link and watch.",
    text: textOf(triangle),
  },
];
