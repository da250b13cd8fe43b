"use strict";
// Making elements. Texts become text nodes, so that no text of a program is ever read as markup.

const svgNamespace = "http://www.w3.org/2000/svg";

function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function drawn(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(svgNamespace, tag), attributes, children);
}

function byId(id) {
  return document.getElementById(id);
}

function replace(id, ...children) {
  byId(id).replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
}

// Numbers for people.
function count(number) {
  return number.toLocaleString("en-US");
}

function bytes(number) {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let unit = 0;
  while (number >= 10000 && unit < units.length - 1) {
    number /= 1024;
    unit++;
  }
  return (unit === 0 ? count(number) : number.toPrecision(3)) + " " + units[unit];
}

function duration(nanoseconds) {
  for (const [size, unit] of [[1e9, "s"], [1e6, "ms"], [1e3, "\u00b5s"]]) {
    if (nanoseconds >= size) return Number((nanoseconds / size).toPrecision(3)) + " " + unit;
  }
  return Number(nanoseconds.toPrecision(3)) + " ns";
}

// A text with its words in colours; `language` is weld, llvm or assembly.
const languages = {
  weld: /(?<c>#[^\n]*)|(?<s>"(?:[^"\\]|\\.)*")|(?<t>\b(?:vec|dict|simd|appender|merger|dictmerger|groupmerger|vecmerger|bool|[iu](?:8|16|32|64)|f32|f64)\b)|(?<w>\b(?:let|for|result|merge|if|select|iterate|sort|macro|type|lookup|optlookup|keyexists|len|slice|tovec|zip|iter|rangeiter|nditer|simditer|fringeiter|cudf|assert|serialize|deserialize|true|false)\b)|(?<n>\b\d[\w.]*)/g,
  llvm: /(?<c>;[^\n]*)|(?<s>c?"[^"]*")|(?<t>\b(?:i1|i8|i16|i32|i64|float|double|ptr|void|x)\b)|(?<w>\b(?:define|declare|call|tail|ret|br|switch|load|store|getelementptr|inbounds|phi|select|icmp|fcmp|add|sub|mul|sdiv|udiv|urem|srem|fadd|fsub|fmul|fdiv|and|or|xor|shl|lshr|ashr|zext|sext|trunc|bitcast|alloca|extractelement|insertelement|shufflevector|unreachable)\b)|(?<n>\b\d[\w.]*)/g,
  assembly: /(?<c>#[^\n]*)|(?<w>^\s+[a-z][\w.]*)|(?<t>[%][a-z]\w*)|(?<n>[$]?-?\b\d\w*)/gm,
};

function coloured(text, language) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(languages[language])) {
    const [kind, word] = Object.entries(match.groups).find(([, found]) => found !== undefined);
    if (match.index > end) parts.push(text.slice(end, match.index));
    parts.push(element("span", {class: kind}, word));
    end = match.index + word.length;
  }
  parts.push(text.slice(end));
  return parts;
}

function codeRows(text, language) {
  return text.replace(/\n$/, "").split("\n").map((line, index) =>
    element("div", {class: "row"}, element("span", {class: "number"}, String(index + 1)), element("span", {}, coloured(line, language))));
}
