import hello from "../../../examples/hello/lab.yaml?raw";
import office from "../../../examples/office/lab.yaml?raw";
import triangle from "../../../examples/ospf-triangle/lab.yaml?raw";

/** Labs to begin with, those of the documentation. */
export const examples = [
  { name: "hello", title: "Two hosts", about: "Two hosts and the cable between them.", text: hello },
  { name: "office", title: "An office", about: "Two networks, a switch, a router and a web server.", text: office },
  {
    name: "ospf-triangle",
    title: "A triangle of routers",
    about: "Three routers that find their routes by OSPF. Cut a link and watch.",
    text: triangle,
  },
] as const;
