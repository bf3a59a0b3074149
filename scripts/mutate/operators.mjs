// What may be broken: for a node of the syntax tree, the ways to make it wrong. A way is a list of edits of the source.
import { functionSwaps, mathSwaps } from "./swaps.mjs";

const comparisons = { "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"] };
const equalities = { "===": "!==", "!==": "===", "==": "!=", "!=": "==" };
const bits = { "<<": ">>", ">>": "<<", ">>>": ">>", "&": "|", "|": "&", "^": "&" };
const assignments = { "+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=" };
const takesAxes = new Set(
  "sum mean max min prod any all argmax argmin softmax logSoftmax logSumExp cumsum sort argsort concat stack expandDims squeeze at flip".split(
    " ",
  ),
);

/** Names of functions whose operands may be swapped without any effect. */
const symmetric =
  /^(check.*|maximum|minimum|max|min|equal|notEqual|and|or|xor|add|mul|hypot|sameShape|is|isClose|push|unshift|concat)$/;

const replace = (node, text, shown = text) => [{ start: node.start, end: node.end, text, shown }];
const swap = (source, a, b) => [
  ...replace(a, source.slice(b.start, b.end)),
  ...replace(b, source.slice(a.start, a.end)),
];

/**
 * The ways to break a node.
 *
 * @param node - ESTree node
 * @param {{source: string, parent: object, key: string, isStatement: boolean}} place - where it stands
 */
export function alternativesOf(node, place) {
  const make = makers[node.type];
  return make === undefined ? [] : make(node, place);
}

const makers = {
  Literal: literal,
  UnaryExpression: unary,
  BinaryExpression: binary,
  LogicalExpression: logical,
  AssignmentExpression: (node, { source }) => operator(node, source, assignments[node.operator]),
  UpdateExpression: update,
  CallExpression: call,
};

function literal(node, place) {
  if (typeof node.value === "boolean") return isLoopTest(place) ? [] : [replace(node, String(!node.value))];
  if (typeof node.value !== "number") return [];
  if (isAxis(node, place) && node.value > 0) return [replace(node, String(node.value - 1))];
  return [replace(node, String(node.value + 1))];
}

function unary(node, { source }) {
  const { operator, argument } = node;
  if (operator === "-" && typeof argument.value === "number") {
    return [replace(node, String(1 - argument.value)), replace(node, source.slice(argument.start, argument.end))];
  }
  return ["-", "!", "~"].includes(operator) ? [[{ start: node.start, end: argument.start, text: "", shown: "" }]] : [];
}

function binary(node, place) {
  const { source } = place;
  const { operator: sign, left, right } = node;
  const to = (...signs) => signs.flatMap((other) => operator(node, source, other));
  const dropRight = [{ start: left.end, end: node.end, text: "", shown: "" }];
  if (sign === "+") return isText(node) ? [] : [...to("-"), dropRight];
  if (sign === "-") return isEven(place) ? to("+") : [...to("+"), swap(source, left, right)];
  if (sign === "*") return [...to("/"), dropRight];
  if (sign === "/") return to("*");
  if (sign === "%" || sign === "**") return to("*");
  if (comparisons[sign] !== undefined) {
    const [boundary, negation] = comparisons[sign];
    return isTest(place) ? to(boundary) : to(boundary, negation);
  }
  if (equalities[sign] !== undefined) return isTest(place) ? [] : to(equalities[sign]);
  return to(bits[sign]);
}

function logical(node, { source }) {
  const { operator: sign, left, right } = node;
  if (sign === "&&") return operator(node, source, "||");
  if (sign === "||") return operator(node, source, "&&");
  return [
    [{ start: left.end, end: node.end, text: "", shown: "" }],
    [{ start: node.start, end: right.start, text: "", shown: "" }],
  ];
}

function update(node, { parent, key }) {
  if (parent.type === "ForStatement" && key === "update") return [];
  const sign = node.operator === "++" ? "--" : "++";
  const start = node.prefix ? node.start : node.end - 2;
  return [[{ start, end: start + 2, text: sign, shown: sign }]];
}

function call(node, place) {
  const { callee } = node;
  if (place.isStatement) return [];
  const named = callee.type === "MemberExpression" && !callee.computed ? callee.property.name : callee.name;
  const made =
    callee.type === "Identifier"
      ? functionCall(node, place, functionSwaps[named])
      : callee.type !== "MemberExpression"
        ? []
        : callee.object.name === "Math"
          ? mathCall(node, place, mathSwaps[named])
          : methodCall(node, place, named);
  return [...made, ...swappedArguments(node, place, named)];
}

function functionCall(node, { source }, swaps = {}) {
  const [first, second, third] = node.arguments;
  const ways = [];
  if (swaps.to !== undefined) ways.push(replace(node.callee, `$mutation.of.${swaps.to}`, swaps.to));
  if (swaps.flip && first) ways.push(wrap(first, "(", ").neg()"));
  if (swaps.drop && first) ways.push(replace(node, source.slice(first.start, first.end)));
  if (swaps.branches && third) ways.push(swap(source, second, third));
  return ways;
}

function mathCall(node, { source }, swaps = {}) {
  const [first] = node.arguments;
  if (swaps.to !== undefined) return [replace(node.callee.property, swaps.to)];
  return swaps.drop ? [replace(node, `(${source.slice(first.start, first.end)})`)] : [];
}

const others = { add: ["sub"], sub: ["add"], mul: ["div"], div: ["mul"], sum: ["mean"], mean: ["sum"], max: ["mean"] };
const array = { some: ["every"], every: ["some"] };
const dropped = new Set(["add", "sub", "mul", "div", "neg", "transpose", "filter", "reverse", "sort"]);

function methodCall(node, place, name) {
  const { source } = place;
  const { callee, arguments: given } = node;
  const ways = [];
  for (const other of others[name] ?? array[name] ?? []) ways.push(replace(callee.property, other));
  if (dropped.has(name)) ways.push([{ start: callee.object.end, end: node.end, text: "", shown: "" }]);
  if (name === "sub" && !isEven(place))
    ways.push([{ start: node.end, end: node.end, text: ".neg()", shown: ".neg()" }]);
  if (name === "matmul") ways.push(swap(source, callee.object, given[0]));
  if (name === "slice" || name === "subarray") {
    for (const bound of given) if (isPlace(bound)) ways.push(wrap(bound, "(", ") + 1"));
  }
  return ways;
}

/** Arguments of one kind may be confused. */
function swappedArguments(node, { source }, name = "") {
  const [first, second] = node.arguments;
  if (symmetric.test(name) || second === undefined || first.type !== second.type) return [];
  if (!["Identifier", "MemberExpression", "CallExpression"].includes(first.type)) return [];
  return source.slice(first.start, first.end) === source.slice(second.start, second.end)
    ? []
    : [swap(source, first, second)];
}

/** Another sign between the operands; nothing without one. */
function operator(node, source, sign) {
  if (sign === undefined) return [];
  const start = source.indexOf(node.operator, node.left.end);
  return [[{ start, end: start + node.operator.length, text: sign, shown: sign }]];
}

function wrap(node, before, after) {
  return [
    { start: node.start, end: node.start, text: before, shown: before },
    { start: node.end, end: node.end, text: after, shown: after },
  ];
}

function isText({ type, value, operator: sign, left, right, expression }) {
  if (type === "ParenthesizedExpression") return isText(expression);
  if (type === "TemplateLiteral" || typeof value === "string") return true;
  return type === "BinaryExpression" && sign === "+" && (isText(left) || isText(right));
}

const isPlace = ({ type }) => ["Identifier", "MemberExpression", "BinaryExpression", "CallExpression"].includes(type);
const isTest = ({ parent, key }) =>
  key === "test" && ["IfStatement", "ConditionalExpression", "WhileStatement", "ForStatement"].includes(parent.type);
const isLoopTest = ({ parent, key }) => key === "test" && /^(While|For|DoWhile)Statement$/.test(parent.type);

/** Whether only the size of a value matters where it stands, not its sign. */
function isEven({ parent, key }) {
  if (parent.type === "BinaryExpression") return parent.operator === "**" && key === "left" && parent.right.value === 2;
  return parent.type === "CallExpression" && /^(abs|square)$/.test(parent.callee.property?.name ?? parent.callee.name);
}

/** Whether a number says along which axis something is done. */
function isAxis(node, { parent }) {
  if (parent.type === "Property") return /^(axis|axes)$/.test(parent.key.name ?? "");
  if (parent.type !== "CallExpression") return false;
  const { callee, arguments: given } = parent;
  if (callee.type === "Identifier") return takesAxes.has(callee.name) && given.indexOf(node) > 0;
  return callee.type === "MemberExpression" && callee.object.name !== "Math" && takesAxes.has(callee.property.name);
}
