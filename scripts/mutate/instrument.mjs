// One text that holds all mutants of a source file: each place that can be broken asks which mutant is chosen.
import { createHash } from "node:crypto";
import { parse } from "@babel/parser";
import { walk } from "estree-walker";
import MagicString from "magic-string";
import { alternativesOf } from "./operators.mjs";
import { differentiable } from "./swaps.mjs";

const head =
  'const $mutation = globalThis[Symbol.for("cotangent.mutation")], $site = $mutation.site, $pick = $mutation.pick, $hits = $mutation.hits, $term = $mutation.term;';

/**
 * Finds what can be broken in a source file, and writes the text in which all of it is.
 *
 * A *site* is a place in the text, a *mutant* one way to break it. Site 0 is none. `$hits[site]` says that a site was
 * reached; that of a term (an operand through which a gradient may flow, broken by detaching it) only if one does flow.
 *
 * @param {string} source
 * @returns {{text: string, sites: number, mutants: object[]}} text without mutants if nothing can be broken
 */
export function instrument(source) {
  const text = new MagicString(source);
  const mutants = [];
  let sites = 0;
  const wrap = ({ start, end }, before, after) => {
    text.prependRight(start, before);
    text.appendLeft(end, after);
  };
  visit(source, (node, place) => {
    const ways = waysOf(node, place);
    if (ways.length > 0) {
      const site = ++sites;
      const broken = ways.map((edits) => `(${apply(source, edits, node.start, node.end)})`);
      const chosen = broken.reduceRight(
        (rest, one, pick) => (rest === "" ? one : `$pick===${pick}?${one}:${rest}`),
        "",
      );
      wrap(node, `($hits[${site}]=1,$site!==${site}?(`, `):${chosen})`);
      for (const [pick, edits] of ways.entries()) mutants.push({ site, pick, edits });
    }
    if (isTerm(node, place)) {
      const site = ++sites;
      wrap(node, `$term(${site},`, ")");
      mutants.push({ site, pick: 0, isTerm: true, edits: detached(node) });
    }
  });
  return { text: `${head}${text}`, sites, mutants: identified(source, mutants) };
}

/** Calls back for each expression that is a value, inner ones first. */
function visit(source, found) {
  const { program } = parse(source, {
    sourceType: "module",
    createParenthesizedExpressions: true, // so that an operand ends where its parentheses do
    plugins: ["typescript", "estree"],
  });
  const skipped = new Set();
  const above = [];
  walk(program, {
    enter(node, parent, key) {
      above.push(node);
      if (isWithoutValue(node, parent, key)) {
        above.pop();
        this.skip();
      }
      // what is broken inside a?.b would no longer end where the chain ends
      if (node.type === "ChainExpression") for (const one of spine(node.expression)) skipped.add(one);
    },
    leave(node, parent, key) {
      if (above[above.length - 1] !== node) return; // it was skipped
      above.pop();
      if (skipped.has(node)) return;
      let [outer, inner] = [parent ?? node, node];
      for (let i = above.length - 1; outer.type === "ParenthesizedExpression"; i--)
        [outer, inner] = [above[i - 1], outer];
      const place = inner === node ? key : Object.keys(outer).find((one) => outer[one] === inner);
      const isDetached = above.some(isDetaching);
      found(node, { source, parent: outer, key: place, isStatement: isStatement(node, parent), isDetached });
    },
  });
}

function isWithoutValue(node, parent, key) {
  const { type } = node;
  if (type.startsWith("TS"))
    return !/^TS(AsExpression|NonNullExpression|SatisfiesExpression|ParameterProperty)$/.test(type);
  if (type === "ImportDeclaration" || type === "ExportAllDeclaration") return true;
  if (type === "ExportNamedDeclaration") return node.source !== null && node.source !== undefined;
  // errors are asserted word for word; what is broken there shows in the first spec that reads the message
  if (type === "ThrowStatement" || (type === "NewExpression" && /Error$/.test(node.callee.name ?? ""))) return true;
  return key === "key" && !parent.computed && /^(Property|PropertyDefinition|MethodDefinition)$/.test(parent.type);
}

function* spine(expression) {
  for (let node = expression; node !== undefined; node = node.callee ?? node.object ?? node.expression) yield node;
}

const isStatement = ({ type }, parent) =>
  parent?.type === "ExpressionStatement" && /^(Call|Await|Chain)Expression$/.test(type);

function waysOf(node, place) {
  const { parent, key, isStatement } = place;
  const ways = alternativesOf(node, place);
  const instead = (text) => ways.push([{ start: node.start, end: node.end, text, shown: text }]);
  if (isStatement && isCall(node)) instead("undefined");
  if (key === "test" && node.type !== "Literal") {
    if (/^(IfStatement|ConditionalExpression)$/.test(parent.type)) {
      if (!isThrow(parent.consequent)) instead("true");
      if (!isForTypesOnly(parent)) instead("false");
    }
    if (/^(While|For)Statement$/.test(parent.type)) instead("false");
  }
  if (key === "value" && parent.type === "Property" && parent.key.name === "length" && isComputed(node)) {
    ways.push([{ start: node.end, end: node.end, text: " - 1", shown: " - 1" }]);
  }
  return ways;
}

function isCall({ type, callee, argument, expression }) {
  if (type === "CallExpression") return callee.type !== "Super";
  return isInnerCall(argument) || isInnerCall(expression);
}
const isInnerCall = (node) => node?.type === "CallExpression" || node?.type === "ChainExpression";
const isThrow = ({ type, body }) =>
  type === "ThrowStatement" || (type === "BlockStatement" && body[0]?.type === "ThrowStatement");
/** `x === undefined ? {} : { x }`: an option left out is one that is undefined, but for the type checker. */
const isForTypesOnly = ({ test, consequent }) =>
  consequent.type === "ObjectExpression" && consequent.properties.length === 0 && test.right?.name === "undefined";
const isComputed = ({ type }) => /^(MemberExpression|CallExpression|BinaryExpression)$/.test(type);

/** Operands of sums, products and functions of tensors: whether they are tensors shows when they are computed. */
function isTerm({ type }, { parent, key, isDetached }) {
  if (isDetached || !/^(Identifier|MemberExpression|CallExpression|TSNonNullExpression)$/.test(type)) return false;
  if (parent.type === "MemberExpression" && key === "object") return isArithmetic(parent);
  if (parent.type !== "CallExpression" || key !== "arguments") return false;
  const { callee } = parent;
  if (callee.type === "MemberExpression") return isArithmetic(callee);
  return callee.type === "Identifier" && differentiable.has(callee.name);
}
const isDetaching = ({ type, callee }) => type === "CallExpression" && callee.name === "stopGradient";
const isArithmetic = ({ property, computed }) => !computed && /^(add|sub|mul|div|matmul)$/.test(property.name ?? "");

const detached = ({ start, end }) => [
  { start, end: start, text: "stopGradient(", shown: "stopGradient(" },
  { start: end, end, text: ")", shown: ")" },
];

/** A range of the source after edits. */
function apply(source, edits, start, end) {
  let [made, at] = ["", start];
  for (const { start: from, end: to, text } of inOrder(edits)) {
    made += source.slice(at, from) + text;
    at = to;
  }
  return made + source.slice(at, end);
}
const inOrder = (edits) => [...edits].sort((a, b) => a.start - b.start || a.end - b.end);

/** Names mutants by their line's text and what becomes of it, so that a name outlives changes elsewhere in the file. */
function identified(source, mutants) {
  const counts = new Map();
  const lineStarts = [0];
  for (const { index } of source.matchAll(/\n/g)) lineStarts.push(index + 1);
  return [...mutants]
    .sort((a, b) => a.edits[0].start - b.edits[0].start || a.site - b.site)
    .map(({ edits, ...mutant }) => {
      const ordered = inOrder(edits);
      const line = lineStarts.findLastIndex((start) => start <= ordered[0].start);
      const last = lineStarts.findLastIndex((start) => start <= ordered[ordered.length - 1].end);
      const range = [lineStarts[line], (lineStarts[last + 1] ?? source.length + 1) - 1];
      const before = source.slice(...range);
      const after = apply(
        source,
        edits.map((edit) => ({ ...edit, text: edit.shown })),
        ...range,
      );
      const change = changeOf(source, ordered);
      const name = `${flat(before)}|${change}`;
      const count = counts.get(name) ?? 0;
      counts.set(name, count + 1);
      const what = count === 0 ? change : `${change} (#${count + 1})`;
      const id = createHash("sha1")
        .update(`${flat(before)}|${what}`)
        .digest("hex")
        .slice(0, 8);
      return { ...mutant, id, line: line + 1, change: what, before, after };
    });
}

function changeOf(source, edits) {
  if (edits.length === 2 && edits.every(({ start, end }) => start === end))
    return `… → ${edits[0].shown}…${edits[1].shown}`;
  return edits
    .map(({ start, end, shown }) => `${flat(source.slice(start, end)) || "…"} → ${flat(shown) || "…"}`)
    .join(", ");
}
const flat = (text) => text.replaceAll(/\s+/g, " ").trim();
