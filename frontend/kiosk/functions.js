// The functions of ODK XForms, as survey/formats/expressions/functions.py has them: a test holds both to the same
// answers. Where Python raises an error, these throw one, and the answer is empty in both.

const DAY = "\ue000"; // before a text that is a date
export const LONGEST = 10000;
const SECONDS = "(\\d\\d):(\\d\\d)(?::(\\d\\d)(?:\\.\\d+)?)?(?:Z|[+-]\\d\\d:?\\d\\d)?";
const ISO = new RegExp(`^(\\d{4})-(\\d\\d)-(\\d\\d)(?:T${SECONDS})?$`);
const CLOCK = new RegExp(`^${SECONDS}$`);
const PLAIN = /^-?(\d+\.?\d*|\.\d+)(E-?\d+)?$/;
const MS_A_DAY = 86400000;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

// A date or a moment, which is compared as days since 1970.
export class Day {
  constructor(text) {
    this.text = text;
  }
}

export function dayMark(text) {
  return DAY + text;
}

export function toValue(given) {
  if (Array.isArray(given)) return given.length ? nodeValue(given[0]) : "";
  if (typeof given === "string" && given.startsWith(DAY)) return new Day(given.slice(1));
  return given;
}

function nodeValue(node) {
  if (typeof node === "string") return node;
  const text = node.text, kind = node.kind;
  if (text && kind === "n") return toNumber(text);
  if (text && kind === "b") return text === "1";
  return text && kind === "d" ? new Day(text) : text;
}

export function toText(given) {
  const found = toValue(given);
  if (found instanceof Day) return found.text;
  if (typeof found === "boolean") return found ? "true" : "false";
  return typeof found === "number" ? numberText(found) : found;
}

// As Python writes a number: whole ones in full, an exponent of two digits below 0.0001 and from 1e16 on.
export function numberText(number) {
  if (Number.isNaN(number)) return "NaN";
  if (!Number.isFinite(number)) return number > 0 ? "Infinity" : "-Infinity";
  if (Number.isInteger(number)) return BigInt(number).toString();
  const [digits, power] = number.toExponential().split("e"), exponent = Number(power);
  return exponent < -4 ? `${digits}e-${String(-exponent).padStart(2, "0")}` : String(number);
}

export function toNumber(given) {
  const found = toValue(given);
  if (found instanceof Day) return daysSince1970(found.text);
  if (typeof found !== "string") return Number(found);
  return PLAIN.test(found.trim()) ? Number(found.trim()) : NaN;
}

export function toBoolean(given) {
  const found = toValue(given);
  if (found instanceof Day) return found.text !== "";
  return typeof found === "number" ? found !== 0 && !Number.isNaN(found) : Boolean(found);
}

function parseMoment(text) {
  const match = ISO.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part || 0));
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  const real = year > 0 && at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
  if (!real || hour > 23 || minute > 59 || second > 59) return null;
  at.setUTCHours(hour, minute, second);
  return at;
}

function daysSince1970(text) {
  const at = parseMoment(text);
  return at === null ? NaN : at.getTime() / MS_A_DAY;
}

const two = (number) => String(number).padStart(2, "0");
const isoDay = (at) => `${String(at.getUTCFullYear()).padStart(4, "0")}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`;

function toDate(given) {
  const found = toValue(given);
  const count = found instanceof Day ? daysSince1970(found.text)
    : typeof found === "string" ? daysSince1970(found) : Number(found);
  if (Number.isNaN(count)) return "";
  const at = new Date(Math.floor(count) * MS_A_DAY);
  const year = at.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) throw new RangeError("no date of a calendar");
  return DAY + isoDay(at);
}

function toMoment(given) {
  const found = toValue(given);
  const text = found instanceof Day ? found.text : found;
  return typeof text === "string" && parseMoment(text) ? DAY + text : toDate(given);
}

function decimalTime(given) {
  const text = toText(given), at = text.indexOf("T");
  const match = CLOCK.exec(at < 0 || at === text.length - 1 ? text : text.slice(at + 1));
  if (!match) return NaN;
  const [hours, minutes, seconds] = match.slice(1, 4).map((part) => Number(part || 0));
  return (hours * 3600 + minutes * 60 + seconds) / 86400;
}

function isoWeek(at) {
  const thursday = new Date(at.getTime() + (3 - ((at.getUTCDay() + 6) % 7)) * MS_A_DAY);
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return 1 + Math.floor((Date.UTC(thursday.getUTCFullYear(), thursday.getUTCMonth(), thursday.getUTCDate()) - first) / MS_A_DAY / 7);
}

function formattedDate(given, pattern) {
  const found = toValue(given);
  const at = parseMoment(found instanceof Day ? found.text : typeof found === "string" ? found : toText(toDate(found)));
  if (at === null) return "";
  const parts = {
    Y: String(at.getUTCFullYear()).padStart(4, "0"), y: two(at.getUTCFullYear() % 100), m: two(at.getUTCMonth() + 1),
    n: String(at.getUTCMonth() + 1), b: MONTHS[at.getUTCMonth()], d: two(at.getUTCDate()), e: String(at.getUTCDate()),
    H: two(at.getUTCHours()), h: String(at.getUTCHours()), M: two(at.getUTCMinutes()), S: two(at.getUTCSeconds()),
    3: "000", a: WEEKDAYS[at.getUTCDay()].slice(0, 3), A: WEEKDAYS[at.getUTCDay()], W: two(isoWeek(at)), "%": "%",
  };
  return toText(pattern).replace(/%(.)/g, (whole, letter) => (letter in parts ? parts[letter] : whole));
}

function isEqual(a, b) {
  const left = toValue(a), right = toValue(b);
  if (typeof left === "boolean" || typeof right === "boolean") return toBoolean(a) === toBoolean(b);
  if (typeof left === "number" || typeof right === "number") return toNumber(a) === toNumber(b);
  return toText(a) === toText(b);
}

function divide(a, b) {
  if (b !== 0) return a / b;
  return a === 0 || Number.isNaN(a) ? NaN : a < 0 ? -Infinity : Infinity;
}

const remainder = (a, b) => (b && Number.isFinite(a) && !Number.isNaN(b) ? a % b : NaN);

function whole(number) {
  if (!Number.isFinite(number)) throw new RangeError("no whole number");
  return Math.trunc(number);
}

function rounded(given, places = 0) {
  const found = toNumber(given), digits = whole(toNumber(places));
  if (!Number.isFinite(found)) return found;
  const scale = 10 ** digits;
  if (!Number.isFinite(scale)) throw new RangeError("too many places");
  const size = Math.floor(Math.abs(found) * scale + 0.5 + 1e-12) / scale;
  if (Number.isNaN(size)) throw new RangeError("too few places");
  return found < 0 ? -size : size;
}

const names = (given) => toText(given).split(/\s+/).filter(Boolean);

function placeNumber(given) {
  const found = toNumber(given);
  return Number.isNaN(found) ? 0 : whole(found);
}

function selectedAt(given, place) {
  const found = names(given), at = placeNumber(place);
  return at >= 0 && at < found.length ? found[at] : "";
}

function part(given, start, end, ...more) {
  if (more.length) throw new TypeError("too many values");
  const letters = [...toText(given)], from = placeNumber(start);
  const first = from >= 0 ? from : Math.max(letters.length + from, 0);
  const until = end === undefined ? letters.length : placeNumber(end);
  const last = until >= 0 ? until : letters.length + until;
  return first < last ? letters.slice(first, last).join("") : "";
}

function texts(...given) {
  return given.flatMap((one) => (Array.isArray(one) ? one.map((node) => (typeof node === "string" ? node : toText([node]))) : [toText(one)]));
}

function extreme(pick) {
  return (...given) => {
    const found = texts(...given).filter((text) => text !== "").map(toNumber).filter((one) => !Number.isNaN(one));
    return found.length ? found.reduce((a, b) => (pick(a, b) ? a : b)) : NaN;
  };
}

function totalWithin(low, total, high) {
  const least = toNumber(low), most = toNumber(high);
  return (least < 0 || total >= least) && (most < 0 || total <= most);
}

function weightWithin(low, high, ...pairs) {
  let total = 0;
  for (let at = 0; at + 1 < pairs.length; at += 2) if (toBoolean(pairs[at])) total += toNumber(pairs[at + 1]);
  return toNumber(low) <= total && total <= toNumber(high);
}

const number = (act) => (a, b) => act(toNumber(a), toNumber(b));

function real(act) {
  return (given) => {
    const from = toNumber(given), found = act(from);
    return Number.isFinite(found) || !Number.isFinite(from) ? found : NaN;
  };
}

const rounding = (act) => (given) => (Number.isFinite(toNumber(given)) ? act(toNumber(given)) : NaN);

function power(a, b) {
  if (a === 1) return 1;
  const found = a ** b;
  return !Number.isFinite(found) && !Number.isNaN(found) && Number.isFinite(a) && Number.isFinite(b) ? Infinity : found;
}

function joined(sign, parts) {
  const found = [];
  let room = LONGEST;
  for (const one of parts) {
    if (room <= 0) break;
    found.push(one);
    room -= [...one].length + [...sign].length;
  }
  return found.join(sign);
}

function translated(text, signs, others) {
  const from = [...signs], to = [...others];
  return [...text].map((sign) => {
    const at = from.indexOf(sign);
    return at < 0 ? sign : at < to.length ? to[at] : "";
  }).join("");
}

function count(given) {
  if (typeof given === "string") return [...given].length;
  if (!Array.isArray(given)) throw new TypeError("nothing to count");
  return given.length;
}

function matches(text, pattern) {
  try {
    return new RegExp(`^(?:${pattern})$`, "u").test(text);
  } catch {
    return false;
  }
}

function textNamed(nodes, name) {
  const found = Array.isArray(nodes) ? nodes.find((node) => node.attributes.name === name) : null;
  return found ? found.text : "";
}

function answerInRound(rounds, which, path) {
  const at = Math.max(placeNumber(which) - 1, 0);
  let nodes = at < rounds.length ? [rounds[at]] : [];
  for (const name of path.split("/")) nodes = nodes.flatMap((node) => node.children.filter((child) => child.tag() === name));
  return nodes;
}

function position(nodes) {
  if (!Array.isArray(nodes)) return NaN;
  if (!nodes.length) return 0;
  const all = nodes[0].parent ? nodes[0].parent.children : [nodes[0]];
  return 1 + all.slice(0, all.indexOf(nodes[0])).filter((one) => one.tag() === nodes[0].tag()).length;
}

const answered = (value) => value !== "" && !Number.isNaN(value);

export const FUNCTIONS = {
  eq: isEqual,
  ne: (a, b) => !isEqual(a, b),
  lt: number((a, b) => a < b),
  le: number((a, b) => a <= b),
  gt: number((a, b) => a > b),
  ge: number((a, b) => a >= b),
  add: number((a, b) => a + b),
  sub: number((a, b) => a - b),
  mul: number((a, b) => a * b),
  div: number(divide),
  mod: number(remainder),
  bool: toBoolean,
  which: (a) => (typeof toValue(a) === "number" ? toValue(a) : toBoolean(a)),
  if: (test, a, b) => toValue(toBoolean(test) ? a : b),
  not: (a) => !toBoolean(a),
  boolean: toBoolean,
  "boolean-from-string": (a) => ["true", "1"].includes(toText(a).toLowerCase()),
  string: toText,
  number: toNumber,
  int: (a) => (Number.isNaN(toNumber(a)) ? NaN : whole(toNumber(a))),
  round: rounded,
  floor: rounding(Math.floor),
  ceiling: rounding(Math.ceil),
  abs: real(Math.abs),
  pow: number(power),
  sqrt: real(Math.sqrt),
  exp: real(Math.exp),
  exp10: real((a) => 10 ** a),
  log: real(Math.log),
  log10: real(Math.log10),
  sin: real(Math.sin),
  cos: real(Math.cos),
  tan: real(Math.tan),
  asin: real(Math.asin),
  acos: real(Math.acos),
  atan: real(Math.atan),
  atan2: number(Math.atan2),
  pi: () => Math.PI,
  sum: (a) => texts(a).reduce((total, text) => total + (text ? toNumber(text) : 0), 0),
  max: extreme((a, b) => a >= b),
  min: extreme((a, b) => a <= b),
  count,
  "count-non-empty": (a) => texts(a).filter(Boolean).length,
  selected: (a, b) => ` ${toText(a)} `.includes(` ${toText(b).trim()} `),
  "selected-at": selectedAt,
  "count-selected": (a) => names(a).length,
  coalesce: (...given) => given.map(toValue).find(answered) ?? "",
  concat: (...given) => joined("", texts(...given)),
  join: (sign, ...given) => joined(toText(sign), texts(...given)),
  once: toText,
  contains: (a, b) => toText(a).includes(toText(b)),
  "starts-with": (a, b) => toText(a).startsWith(toText(b)),
  "ends-with": (a, b) => toText(a).endsWith(toText(b)),
  substr: part,
  "substring-before": (a, b) => (toText(a).includes(toText(b)) ? toText(a).slice(0, toText(a).indexOf(toText(b))) : ""),
  "substring-after": (a, b) => {
    const text = toText(a), sign = toText(b), at = text.indexOf(sign);
    return at < 0 ? "" : text.slice(at + sign.length);
  },
  "string-length": (a) => [...toText(a)].length,
  "normalize-space": (a) => names(a).join(" "),
  translate: (a, b, c) => translated(toText(a), toText(b), toText(c)),
  regex: (a, b) => matches(toText(a), toText(b)),
  date: toDate,
  "date-time": toMoment,
  "decimal-date-time": (a) => (Number.isNaN(toNumber(a)) ? daysSince1970(toText(a)) : toNumber(a)),
  "decimal-time": decimalTime,
  "format-date": formattedDate,
  "format-date-time": formattedDate,
  checklist: (low, high, ...given) => totalWithin(low, given.filter(toBoolean).length, high),
  "weighted-checklist": weightWithin,
  position,
  randomize: (a) => a,
  itext: (a, all) => textNamed(all, toText(a)),
  "choice-name": (a, options) => textNamed(options, toText(a)),
  "indexed-repeat": answerInRound,
};
