import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { catalogue } from "../../src/topology/errors/catalogue.ts";

const folder = join(import.meta.dirname, "../../src/topology/errors");

/**
 * The reference of errors, as Markdown. Codes and exit codes come from the catalogue. Messages and
 * remedies are functions of an error's details: their texts are read from the source, with the
 * details' names in place of their values.
 */
export function errorReference(): string {
  const texts = readTexts();
  const codes = Object.entries(catalogue).toSorted(([a], [b]) => a.localeCompare(b));
  const sections = codes.flatMap(([code, { exitCode }]) => {
    const entry = texts.get(code);
    if (entry === undefined) throw new Error(`No definition of ${code} below ${folder}.`);
    const [first = "", ...others] = entry.message;
    // Where the remedy is one of the details, the case decides what it says.
    const remedies = entry.remedy.filter((text) => !/^‹[^›]*›$/.test(text));
    return [
      `## ${code}`,
      "",
      `> ${markdown(first)}`,
      ...others.flatMap((text) => [">", `> or: ${markdown(text)}`]),
      "",
      ...(remedies.length === 0 ? [] : [remedies.map(markdown).join(" *Or:* "), ""]),
      `Exit code ${exitCode}.`,
      "",
    ];
  });
  return [
    "# Errors",
    "",
    "Every error has a code, which stays; `--json` output and the lab API carry it. Words *in italics* stand for details of the case.",
    "",
    ...sections,
  ].join("\n");
}

type Texts = { readonly message: readonly string[]; readonly remedy: readonly string[] };

/** Each `CODE: entry<…>({message, remedy})` of the sources. */
function readTexts(): ReadonlyMap<string, Texts> {
  const found = new Map<string, Texts>();
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  )) {
    const text = readFileSync(join(folder, file), "utf8");
    const visit = (node: ts.Node): void => {
      if (
        ts.isPropertyAssignment(node) &&
        ts.isCallExpression(node.initializer) &&
        node.initializer.expression.getText() === "entry" &&
        node.initializer.arguments[0] !== undefined
      ) {
        const definition = node.initializer.arguments[0];
        found.set(node.name.getText(), {
          message: textsOf(definition, "message"),
          remedy: textsOf(definition, "remedy"),
        });
      }
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, text, ts.ScriptTarget.ES2024, true));
  }
  return found;
}

function textsOf(definition: ts.Node, property: string): readonly string[] {
  let body: ts.ConciseBody | undefined;
  let names = new Map<string, string>();
  ts.forEachChild(definition, (member) => {
    if (!ts.isPropertyAssignment(member) || member.name.getText() !== property) return;
    if (!ts.isArrowFunction(member.initializer))
      throw new Error(`${property} is no arrow function: ${member.getText()}`);
    body = member.initializer.body;
    names = detailNames(member.initializer.parameters[0]);
  });
  if (body === undefined) return [];
  const results = ts.isBlock(body) ? returned(body) : [body];
  return [...new Set(results.flatMap((result) => alternatives(result, names)))].filter((text) => text !== "");
}

function returned(block: ts.Block): readonly ts.Expression[] {
  const results: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isReturnStatement(node) && node.expression !== undefined) results.push(node.expression);
    ts.forEachChild(node, visit);
  };
  visit(block);
  return results;
}

/** `({ switch: name })`: the detail called `switch` is `name` in the body. */
function detailNames(parameter: ts.ParameterDeclaration | undefined): Map<string, string> {
  if (parameter === undefined || !ts.isObjectBindingPattern(parameter.name)) return new Map();
  return new Map(
    parameter.name.elements.map((element) => [
      element.name.getText(),
      (element.propertyName ?? element.name).getText(),
    ]),
  );
}

/** Every text an expression can come to, details as `‹name›`. */
function alternatives(node: ts.Expression, names: ReadonlyMap<string, string>): readonly string[] {
  const of = (part: ts.Expression) => alternatives(part, names);
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [node.text];
  if (ts.isTemplateExpression(node)) {
    return node.templateSpans.reduce<readonly string[]>(
      (texts, span) => both(texts, both(of(span.expression), [span.literal.text])),
      [node.head.text],
    );
  }
  if (ts.isParenthesizedExpression(node)) return of(node.expression);
  if (ts.isConditionalExpression(node)) return [...of(node.whenTrue), ...of(node.whenFalse)];
  if (ts.isBinaryExpression(node)) {
    const operator = node.operatorToken.kind;
    if (operator === ts.SyntaxKind.PlusToken && !ts.isNumericLiteral(node.right))
      return both(of(node.left), of(node.right));
    if (operator === ts.SyntaxKind.QuestionQuestionToken) return [...of(node.left), ...of(node.right)];
  }
  if (ts.isIdentifier(node) && node.text === "undefined") return [""];
  if (ts.isCallExpression(node)) {
    const called = node.expression.getText();
    const [first, second, third] = node.arguments;
    if (called === "counted" && first !== undefined && second !== undefined && ts.isStringLiteral(second)) {
      return [`${placeholder(first, names)} ${second.text}s`];
    }
    if (called === "didYouMean" && third !== undefined && ts.isStringLiteral(third)) {
      return ["Did you mean “‹nearest›”?", `The ${third.text} here: ‹known›.`];
    }
    if (ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === "join") {
      const list = node.expression.expression;
      if (ts.isArrayLiteralExpression(list)) return joined(list, names);
    }
  }
  return [placeholder(node, names)];
}

/** `[a, ...(b ? [] : [c])].join("\n")`: the texts with all of its items. */
function joined(list: ts.ArrayLiteralExpression, names: ReadonlyMap<string, string>): readonly string[] {
  const items = (element: ts.Expression): readonly ts.Expression[] => {
    if (ts.isParenthesizedExpression(element)) return items(element.expression);
    if (ts.isSpreadElement(element)) return items(element.expression);
    if (ts.isConditionalExpression(element)) return [...items(element.whenTrue), ...items(element.whenFalse)];
    return ts.isArrayLiteralExpression(element) ? element.elements.flatMap(items) : [element];
  };
  return list.elements
    .flatMap(items)
    .map((item) => alternatives(item, names))
    .reduce((texts, more) => both(both(texts, [" "]), more));
}

const both = (heads: readonly string[], tails: readonly string[]): readonly string[] =>
  heads.flatMap((head) => tails.map((tail) => head + tail));

/** The first detail that an expression speaks of. */
function placeholder(node: ts.Node, names: ReadonlyMap<string, string>): string {
  let name: string | undefined;
  const visit = (part: ts.Node): void => {
    if (ts.isIdentifier(part)) name ??= names.get(part.text);
    ts.forEachChild(part, visit);
  };
  visit(node);
  return `‹${name ?? "…"}›`;
}

/** Details in italics; nothing else is Markdown. */
const markdown = (text: string): string =>
  text
    .replace(/[\\`*_{}[\]<>|$]/g, "\\$&")
    .replaceAll("\n", " ")
    .replace(/‹([^›]*)›/g, (_, name: string) => `*${name.replace(/([A-Z])/g, " $1").toLowerCase()}*`);
