// Evaluates the conditions of a survey on the device, as survey/formats/expressions/__init__.py does on the server.
// The server sends each expression as a tree, and the form as nested lists; texts are answers as an XForm writes them.
import { FUNCTIONS, LONGEST, Day, dayMark, numberText, toBoolean, toNumber, toText, toValue } from "./functions.js";

const MOST_PASSES = 30;
const MOST_ROUNDS = 100;
const AWAY = "away-"; // before the name of what is not asked, so that no path finds it

class FormNode {
  constructor([name, text, attributes, children], parent = null) {
    this.name = name;
    this.text = text;
    this.attributes = attributes;
    this.kind = attributes.kind || "";
    this.parent = parent;
    this.hidden = false;
    this.children = children.map((child) => new FormNode(child, this));
  }

  isRelevant() {
    return !this.hidden && (this.parent === null || this.parent.isRelevant());
  }

  tag() {
    return this.isRelevant() ? this.name : AWAY + this.name;
  }

  * all() {
    yield this;
    for (const child of this.children) yield* child.all();
  }
}

function nodesAt(root, path) {
  const steps = path.split("/").slice(1);
  let nodes = root.tag() === steps[0] ? [root] : [];
  for (const step of steps.slice(1)) nodes = nodes.flatMap((node) => node.children.filter((child) => child.tag() === step));
  return nodes;
}

// Evaluates trees at a node: [kind, ...parts], as portable.py writes them.
class Asking {
  constructor(variables) {
    this.variables = variables;
  }

  ask(tree, node) {
    return this.value(tree, { node, position: 1, last: 1 });
  }

  value(tree, at) {
    const [kind, ...parts] = tree;
    if (kind === "t" || kind === "n") return parts[0];
    if (kind === "v") return parts[0] === "current" ? [this.current] : this.variables[parts[0]];
    if (kind === "and") return toBoolean(this.value(parts[0], at)) && toBoolean(this.value(parts[1], at));
    if (kind === "or") return toBoolean(this.value(parts[0], at)) || toBoolean(this.value(parts[1], at));
    if (kind === "=") return toText(this.value(parts[0], at)) === toText(this.value(parts[1], at));
    if (kind === "|") return [...new Set(parts.flatMap((one) => this.value(one, at)))];
    if (kind === "f") return this.call(parts[0], parts.slice(1), at);
    return this.path(parts, at);
  }

  call(name, given, at) {
    if (name === "position") return at.position;
    if (name === "last") return at.last;
    if (name === "true" || name === "false") return name === "true";
    const values = given.map((one) => this.value(one, at));
    if (name === "name" || name === "local-name") return (values.length ? values[0][0] : at.node)?.tag() ?? "";
    try {
      const found = FUNCTIONS[name.slice("odk:".length)](...values);
      if (found instanceof Day) return found.text;
      return typeof found === "string" && found.length > LONGEST ? [...found].slice(0, LONGEST).join("") : found;
    } catch {
      return "";
    }
  }

  path([start, predicates, steps], at) {
    let nodes = start === null ? [at.node] : this.value(start, at);
    if (!Array.isArray(nodes)) return "";
    nodes = this.those(nodes, predicates);
    for (const [sign, text, within] of steps) {
      const from = sign === "//" ? [...new Set(nodes.flatMap((node) => [...node.all()]))] : nodes;
      nodes = [...new Set(from.flatMap((node) => this.those(reached(node, text), within)))];
    }
    return nodes;
  }

  those(nodes, predicates) {
    for (const predicate of predicates) {
      const last = nodes.length;
      nodes = nodes.filter((node, place) => {
        const found = this.value(predicate, { node, position: place + 1, last });
        return typeof found === "number" ? found === place + 1 : toBoolean(found);
      });
    }
    return nodes;
  }
}

function reached(node, text) {
  if (text === ".") return [node];
  if (text === "..") return node.parent ? [node.parent] : [];
  if (text.startsWith("@")) return text.slice(1) in node.attributes ? [node.attributes[text.slice(1)]] : [];
  if (text === "text()") return node.text ? [node.text] : [];
  return node.children.filter((child) => text === "*" || text === "node()" || child.tag() === text);
}

class Evaluation {
  constructor(form, texts, now) {
    this.form = form;
    this.root = new FormNode(form.template);
    this.fill(texts);
    const lists = Object.fromEntries(Object.entries(form.lists).map(([name, one]) => [name, [new FormNode(one)]]));
    this.asking = new Asking({
      ...lists,
      today: dayMark(now.slice(0, 10)),
      now: dayMark(`${now}.000+00:00`),
      root: [this.root],
    });
    this.nodes = form.binds.flatMap((bind) => nodesAt(this.root, bind.path).map((node) => [bind, node]));
    for (let pass = 0; pass < MOST_PASSES && this.pass(); pass += 1);
  }

  ask(tree, node) {
    this.asking.current = node;
    try {
      return this.asking.ask(tree, node);
    } catch {
      return "";
    }
  }

  fill(texts) {
    for (const path of this.form.repeats) this.fillRounds(path, texts[path.split("/").pop()] || []);
    for (const bind of this.form.binds) {
      if (bind.calculate || this.form.repeats.some((path) => bind.path.startsWith(`${path}/`))) continue;
      const name = bind.path.split("/").pop();
      for (const node of nodesAt(this.root, bind.path)) if (!node.children.length) node.text = this.cut(texts[name]);
    }
  }

  cut(text) {
    return typeof text === "string" ? text.slice(0, LONGEST) : "";
  }

  fillRounds(path, rounds) {
    const name = path.split("/").pop(), template = this.form.rounds[path];
    for (const parent of nodesAt(this.root, path.slice(0, -name.length - 1))) {
      const place = parent.children.findIndex((child) => child.name === name);
      const added = rounds.map((given) => {
        const round = new FormNode(template, parent);
        for (const node of round.all()) if (!node.children.length) node.text = this.cut(given[node.name]);
        return round;
      });
      const rest = parent.children.filter((child) => child.name !== name);
      rest.splice(place < 0 ? rest.length : place, 0, ...added);
      parent.children = rest;
    }
  }

  pass() {
    let changed = false;
    for (const [bind, node] of this.nodes) {
      if (!bind.relevant) continue;
      const hidden = !toBoolean(this.ask(bind.relevant, node));
      changed = changed || hidden !== node.hidden;
      node.hidden = hidden;
    }
    for (const [bind, node] of this.nodes) {
      if (bind.calculate && node.isRelevant()) changed = this.put(node, toValue(this.ask(bind.calculate, node))) || changed;
    }
    return changed;
  }

  put(node, value) {
    let text = this.cut(toText(value instanceof Day ? value.text : value));
    if (typeof value === "boolean") {
      text = value ? "1" : "0";
      node.kind = "b";
    } else if (value instanceof Day) node.kind = "d";
    if (text === "NaN") text = "";
    const changed = text !== node.text;
    node.text = text;
    return changed;
  }

  // The name of a node's answer, with the number of its round.
  address(node) {
    for (let up = node.parent; up; up = up.parent) {
      const round = up;
      if (!this.form.repeats.some((path) => path.split("/").pop() === round.name)) continue;
      const before = up.parent.children.slice(0, up.parent.children.indexOf(up)).filter((one) => one.name === round.name);
      return `${up.name}.${before.length + 1}.${node.name}`;
    }
    return node.name;
  }

  result() {
    const parts = new Set(this.form.parts);
    const found = { passed: [], required: [], broken: [], calculated: {}, offered: {}, rounds: {} };
    for (const node of this.root.all()) if (parts.has(node.name) && !node.isRelevant()) found.passed.push(this.address(node));
    for (const [bind, node] of this.nodes) {
      if (!parts.has(node.name) || bind.count || !node.isRelevant()) continue;
      const where = this.address(node);
      if (bind.required && toBoolean(this.ask(bind.required, node))) found.required.push(where);
      if (node.text && bind.constraint && !toBoolean(this.ask(bind.constraint, node))) found.broken.push(where);
      if (bind.calculate && node.text) found.calculated[where] = node.kind === "b" ? (node.text === "1" ? "true" : "false") : node.text;
    }
    this.addOffers(found);
    this.addUnasked(found);
    for (const bind of this.form.binds) {
      if (!bind.count) continue;
      const wanted = toNumber(this.ask(bind.count, this.root));
      found.rounds[bind.path.split("/").pop()] = Number.isNaN(wanted) ? 0 : Math.trunc(Math.min(Math.max(wanted, 0), MOST_ROUNDS));
    }
    return found;
  }

  // Repeats without a round whose condition does not hold; it may ask for the round itself, so one is there meanwhile.
  addUnasked(found) {
    for (const bind of this.form.binds) {
      if (!bind.relevant || !this.form.repeats.includes(bind.path)) continue;
      const name = bind.path.split("/").pop();
      for (const parent of nodesAt(this.root, bind.path.slice(0, -name.length - 1))) {
        if (parent.children.some((child) => child.name === name)) continue;
        const round = new FormNode(this.form.rounds[bind.path], parent);
        parent.children.push(round);
        if (!toBoolean(this.ask(bind.relevant, round))) found.passed.push(name);
        parent.children.pop();
      }
    }
  }

  addOffers(found) {
    for (const offer of this.form.offers) {
      for (const node of nodesAt(this.root, offer.path)) {
        const left = this.ask(offer.test, node), where = this.address(node);
        if (!Array.isArray(left)) continue;
        found.offered[where] = left.map((one) => one.children.find((child) => child.tag() === offer.name)?.text ?? "None");
        if (!left.length) found.passed.push(where);
      }
    }
  }
}

// What the expressions of a form say of these texts, at this moment of the wall clock (2026-11-28T10:00:00).
export function evaluate(form, texts, now) {
  return new Evaluation(form, texts, now).result();
}

export { numberText };
