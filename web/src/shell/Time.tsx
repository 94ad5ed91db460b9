/** A time, as it is said where the reader is; `text` is RFC 3339. */
export function Time({ text }: { readonly text: string }) {
  const at = new Date(text);
  return (
    <time dateTime={text} title={at.toString()}>
      {at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}
    </time>
  );
}
