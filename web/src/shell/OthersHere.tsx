import { Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import type { Others } from "../../../src/api/index.ts";
import { calledOf, colourOf, initialsOf, shownOf } from "./people.ts";

/** Who else has the page open. It is said, too, when somebody comes or goes. */
export function OthersHere({ others }: { readonly others: Others }) {
  const { people, more, text } = shownOf(others);
  const rest = others.people.slice(people.length).map(calledOf);
  const unnamed = more - rest.length;
  return (
    <div className="others">
      {people.map((person) => (
        <Other key={person.name} called={calledOf(person)} colour={colourOf(person)}>
          {initialsOf(person)}
        </Other>
      ))}
      {more > 0 && (
        <Other called={[...rest, ...(unnamed > 0 ? [`${unnamed} more`] : [])].join(", ")} colour="#495057">
          +{more}
        </Other>
      )}
      <span className="hidden-text" role="status">
        {text}
      </span>
    </div>
  );
}

function Other({
  called,
  colour,
  children,
}: {
  readonly called: string;
  readonly colour: string;
  readonly children: ReactNode;
}) {
  return (
    <Tooltip label={called} events={{ hover: true, focus: true, touch: true }} multiline maw={280}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse reads the name, too */}
      <span className="other" role="img" aria-label={called} tabIndex={0} style={{ background: colour }}>
        {children}
      </span>
    </Tooltip>
  );
}
