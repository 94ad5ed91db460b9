/** What is inside an element: its name, its attributes and its content. */
export type XmlElement = {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (XmlElement | string)[];
};

/**
 * Reads a small XML document and throws where it is not well-formed: elements, attributes, text and
 * the five predefined entities, by the grammar of https://www.w3.org/TR/xml/. No prolog, comments,
 * CDATA, numeric references or namespaces.
 */
export function parseXml(text: string): XmlElement {
  const forbidden = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.exec(text);
  if (forbidden !== null) throw new Error(`a character that XML cannot hold at ${forbidden.index}`);
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const sticky = new RegExp(pattern.source, "yu");
    sticky.lastIndex = at;
    const match = sticky.exec(text);
    if (match !== null) at = sticky.lastIndex;
    return match;
  };
  const need = (pattern: RegExp, what: string): RegExpExecArray => {
    const match = take(pattern);
    if (match === null) throw new Error(`expected ${what} at ${at}: ${text.slice(at, at + 40)}`);
    return match;
  };
  const element = (): XmlElement => {
    const name = need(/<([A-Za-z_][\w.-]*)/, "an element")[1] as string;
    const attributes: Record<string, string> = {};
    for (
      let match = take(/\s+([A-Za-z_][\w.-]*)="([^"<]*)"/);
      match !== null;
      match = take(/\s+([A-Za-z_][\w.-]*)="([^"<]*)"/)
    ) {
      const [, key, value] = match as unknown as [string, string, string];
      if (key in attributes) throw new Error(`attribute ${key} twice at ${at}`);
      attributes[key] = withoutEntities(value);
    }
    if (take(/\s*\/>/)) return { name, attributes, children: [] };
    need(/\s*>/, "the end of a tag");
    const children: (XmlElement | string)[] = [];
    for (;;) {
      const [content] = need(/[^<]*/, "text");
      if (content !== "") children.push(withoutEntities(content as string));
      if (take(/<\//)) break;
      children.push(element());
    }
    if (need(/([A-Za-z_][\w.-]*)\s*>/, "a closing tag")[1] !== name) throw new Error(`${name} is not closed at ${at}`);
    return { name, attributes, children };
  };
  const root = element();
  need(/\s*$/, "the end");
  return root;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function withoutEntities(text: string): string {
  return text.replace(/&([^;]*;?)/g, (_, reference: string) => {
    const character = ENTITIES[reference.slice(0, -1)];
    if (!reference.endsWith(";") || character === undefined)
      throw new Error(`an ampersand that starts no entity: &${reference}`);
    return character;
  });
}

/** All elements of a document, in their order. */
export const elementsOf = (root: XmlElement): readonly XmlElement[] => [
  root,
  ...root.children.flatMap((child) => (typeof child === "string" ? [] : elementsOf(child))),
];

export const textOf = (element: XmlElement): string =>
  element.children.map((child) => (typeof child === "string" ? child : textOf(child))).join("");
