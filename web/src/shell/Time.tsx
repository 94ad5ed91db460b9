/** A time, as it is said where the reader is; `text` is RFC 3339. */
export function Time({
  text,
  isExact = false,
}: {
  readonly text: string /** To the second. */;
  readonly isExact?: boolean;
}) {
  const at = new Date(text);
  return (
    <time dateTime={text} title={at.toString()}>
      {at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: isExact ? "medium" : "short" })}
    </time>
  );
}
