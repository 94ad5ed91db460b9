import * as z from "zod";
import { listOf, map, mapOf, text } from "../schema/form.ts";

const placePhrase = "a place such as [120, 40], in pixels to the right and down";
const pixels = z.number({ error: placePhrase }).min(-1_000_000).max(1_000_000);
const place = listOf(pixels, placePhrase).length(2, { error: placePhrase });

const note = map(
  {
    text: text("a text").max(4000, { error: "a text of at most 4000 characters" }).describe("What it says"),
    at: place.describe("Where: pixels to the right and down from a corner that is the drawing's own"),
  },
  "a note such as {text: The till, at: [120, 40]}",
).meta({ title: "Note", description: "A text in the drawing." });

const group = map(
  {
    title: text("a text").max(200, { error: "a text of at most 200 characters" }).describe("What stands above it"),
    nodes: listOf(text("the name of a node"), "a list of names of nodes").describe("Names of nodes or networks"),
  },
  "a group such as {title: Branch, nodes: [h1, s1]}",
).meta({ title: "Group", description: "Nodes that belong together, with a frame around them." });

/** How a lab is drawn: it changes nothing of what runs. */
export const drawingForm = map(
  {
    notes: listOf(note, "a list of notes").optional().describe("Texts in the drawing"),
    groups: listOf(group, "a list of groups").optional().describe("Frames around nodes"),
    places: mapOf(place, "a map from names of nodes to places").optional().describe("Where nodes are drawn, by name"),
  },
  "a map with notes, groups and places",
).meta({
  title: "Drawing",
  description:
    "How the lab is drawn in the pages of a server; groups are clusters in what `graph` writes for Graphviz and Mermaid. Nothing of what runs depends on it",
});
