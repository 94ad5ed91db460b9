import { expect, it } from "vitest";
import { calledOf, colourOf, initialsOf, shownOf } from "../../web/src/shell/people.ts";

/** Who else is there, as it is shown and said. */

const person = (displayName: string, name = "u1") => ({ name, displayName });
const others = (count: number, told = count) => ({
  people: Array.from({ length: told }, (_, at) => person(`P${at + 1}`, `p${at + 1}`)),
  count,
});

it("is shown by initials, of names as people write them", () => {
  const names = ["Ada Lovelace", "grace brewster hopper", "(Ops) Élodie", "張 偉", "  ", "…", "j.doe", "Bo 🦊"];
  expect(names.map((name) => initialsOf(person(name, "olga-b")))).toEqual([
    ...["AL", "GH", "OÉ", "張偉", "OB", "OB", "JD", "B"],
  ]);
  expect([calledOf(person(" ", "olga")), calledOf(person("Olga", "o"))]).toEqual(["olga", "Olga"]);
});

it("is said in a sentence, however many there are", () => {
  expect(
    [others(0), others(1), others(2), others(3), others(4), others(61, 50)].map((all) => shownOf(all)),
  ).toMatchObject([
    { people: [], more: 0, text: "" },
    { more: 0, text: "P1 is here too" },
    { more: 0, text: "P1 and P2 are here too" },
    { more: 0, text: "P1, P2 and P3 are here too" },
    { more: 1, text: "P1, P2, P3 and 1 more are here too" },
    { more: 58, text: "P1, P2, P3 and 58 more are here too" },
  ]);
});

it("has a colour on which white letters are read, the same each time", () => {
  const colours = Array.from({ length: 200 }, (_, at) => colourOf(person("", `user-${at}`)));
  expect(new Set(colours).size).toBe(6);
  // Relative luminance, and contrast with white (WCAG 2.1).
  for (const colour of new Set(colours)) {
    const [r = 0, g = 0, b = 0] = (colour.match(/\w\w/g) ?? []).map((hex) => {
      const part = Number.parseInt(hex, 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    expect(1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05), colour).toBeGreaterThanOrEqual(4.5);
  }
  expect(colours).toEqual(Array.from({ length: 200 }, (_, at) => colourOf(person("Other", `user-${at}`))));
});
