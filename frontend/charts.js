// Charts that answer the pointer and the keyboard. Every figure is on the page already: a mark's label has the words of
// its row in the chart's table, of its tile, or of its panel. Without this file charts and tables are complete.

const words = (node) => node.textContent.trim();

// The box on the screen around several shapes.
function boxAround(shapes) {
  const boxes = shapes.map((shape) => shape.getBoundingClientRect());
  return {
    left: Math.min(...boxes.map((box) => box.left)),
    right: Math.max(...boxes.map((box) => box.right)),
    top: Math.min(...boxes.map((box) => box.top)),
    bottom: Math.max(...boxes.map((box) => box.bottom)),
  };
}

// A mark is where it is (`box`), whose it is (`inside`, `line`, and `at` along the line), and what its label says.

// The marks of a chart: shapes that name the same row of its table are one mark.
function chartMarks(root) {
  const table = document.getElementById(root.dataset.table)?.querySelector("table");
  const svg = root.querySelector("svg");
  if (!table || !svg) return [];
  const head = [...table.tHead.rows[0].cells].map(words);
  const rows = new Map([...table.tBodies[0].rows].map((row) => [words(row.cells[0].firstChild), row]));
  const shapes = new Map();
  for (const shape of svg.querySelectorAll("[data-row]")) {
    if (!rows.has(shape.dataset.row)) continue;
    shapes.set(shape.dataset.row, [...(shapes.get(shape.dataset.row) ?? []), shape]);
  }
  return [...shapes].map(([name, own], at) => ({
    inside: svg,
    line: 0,
    at,
    box: () => boxAround(own),
    label: () => [[head[0], name], ...[...rows.get(name).cells].slice(1).map((cell, n) => [head[n + 1], words(cell)])],
  }));
}

// The tiles of a grid, row by row. Their words are a list already: each has its name, then its figures.
function tileMarks(root) {
  const marks = [...root.querySelectorAll(".tile-grid > .tile")].map((tile) => {
    const style = getComputedStyle(tile);
    const [name, ...figures] = [...tile.querySelectorAll("span:not([aria-hidden])")].map(words);
    for (const span of tile.querySelectorAll("[title]")) span.removeAttribute("title");
    return {
      inside: tile,
      line: Number(style.gridRowStart),
      at: Number(style.gridColumnStart),
      box: () => boxAround([tile]),
      label: () => [[name.replace(/:$/, ""), figures.join("")]],
    };
  });
  return marks.sort((one, other) => one.line - other.line || one.at - other.at);
}

// The points of small pictures, of which each corner of a line and each single dot is one, from left to right.
function panelMarks(root) {
  const periods = root.dataset.periods.split("|");
  return [...root.querySelectorAll("svg[data-figures]")].flatMap((svg, line) => {
    const lines = [...svg.querySelectorAll("polyline")].flatMap((one) => [...one.points]);
    const dots = [...svg.querySelectorAll("circle")].map((one) => ({ x: one.cx.baseVal.value, y: one.cy.baseVal.value }));
    const spots = [...lines, ...dots].sort((one, other) => one.x - other.x);
    const figures = svg.dataset.figures.split("|").map((figure, n) => [periods[n], figure]);
    return figures.filter(([, figure]) => figure).map(([period, figure], n) => ({
      inside: svg,
      line,
      at: spots[n].x,
      box: () => {
        const { x, y } = new DOMPoint(spots[n].x, spots[n].y).matrixTransform(svg.getScreenCTM());
        return { left: x, right: x, top: y, bottom: y };
      },
      label: () => [[svg.dataset.name, figure], ["", period]],
    }));
  });
}

function element(tag, name) {
  const made = document.createElement(tag);
  made.className = name;
  return made;
}

// One label and one ring serve all charts of a page, because only one mark is read at a time.
const label = element("div", "reading__label");
const ring = element("div", "reading__ring");
for (const one of [label, ring]) one.setAttribute("aria-hidden", "true");
let open = null;

function close() {
  label.remove();
  ring.remove();
  open = null;
}

class Reading {
  constructor(root, marks) {
    this.root = root;
    this.marks = marks;
    this.order = root.querySelector("[data-marks]")?.dataset.marks ?? "free";
    // Of a line through time the newest figure is read first.
    const first = marks.filter((mark) => mark.line === marks[0].line);
    this.now = this.order === "across" ? first.at(-1) : marks[0];
    // A finger that moves scrolls the page; a finger that taps asks for a label.
    root.addEventListener("pointermove", (event) => event.pointerType !== "touch" && this.point(event));
    root.addEventListener("click", (event) => this.point(event));
    root.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && !this.focused && close());
    if (root.querySelector(".tile__link")) this.followLinks();
    else this.addKeys();
  }

  // A browser's own slider is one stop of the tab key, and every screen reader knows it: it says the words of the value.
  addKeys() {
    this.keys = element("input", "reading__keys");
    Object.assign(this.keys, { type: "range", min: 0, max: this.marks.length - 1, dir: "ltr" });
    this.keys.setAttribute("aria-label", this.root.dataset.label);
    this.root.prepend(this.keys);
    this.keys.addEventListener("keydown", (event) => this.press(event));
    this.keys.addEventListener("input", () => this.show(this.marks[this.keys.value]));
    this.keys.addEventListener("focus", () => this.show(this.now));
    this.keys.addEventListener("blur", close);
    this.say(this.now);
  }

  // Tiles that are links are stops of the tab key already.
  followLinks() {
    this.root.addEventListener("focusin", (event) => {
      const mark = this.marks.find((one) => one.inside.contains(event.target));
      if (mark) this.show(mark);
    });
    this.root.addEventListener("focusout", close);
  }

  get focused() {
    return this.root.contains(document.activeElement);
  }

  point({ clientX, clientY, target }) {
    const here = this.marks.filter((mark) => mark.inside.contains(target));
    const away = (mark) => {
      const box = mark.box();
      const x = Math.max(box.left - clientX, 0, clientX - box.right);
      const y = Math.max(box.top - clientY, 0, clientY - box.bottom);
      return { across: x, down: y, free: Math.hypot(x, y) }[this.order];
    };
    const distances = here.map(away);
    const nearest = here[distances.indexOf(Math.min(...distances))];
    if (nearest && !(nearest === this.now && open === this)) this.show(nearest);
  }

  press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const next = this.next(event.key);
    if (!next) return;
    event.preventDefault();
    this.show(next);
    ring.scrollIntoView({ block: "nearest" });
    this.place(next);
  }

  // Left and right along a line, or through all tiles of a grid; up and down to the nearest mark of another line. With
  // one line they are the same.
  next(key) {
    const lines = [...new Set(this.marks.map((mark) => mark.line))].sort((one, other) => one - other);
    const own = this.marks.filter((mark) => mark.line === this.now.line).sort((one, other) => one.at - other.at);
    const row = this.order === "across" ? own : this.marks;
    const place = row.indexOf(this.now);
    if (key === "Home") return row[0];
    if (key === "End") return row.at(-1);
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[key];
    if (!step) return null;
    if (lines.length === 1 || /Left|Right/.test(key)) return row[place + step] ?? this.now;
    const line = lines[lines.indexOf(this.now.line) + step];
    const far = (mark) => Math.abs(mark.at - this.now.at);
    return this.marks.filter((mark) => mark.line === line).sort((one, other) => far(one) - far(other))[0] ?? this.now;
  }

  lines(mark) {
    const { period } = this.root.dataset;
    return period ? [...mark.label(), ["", period]] : mark.label();
  }

  say(mark) {
    if (!this.keys) return;
    this.keys.value = this.marks.indexOf(mark);
    const said = this.lines(mark).map(([name, figure]) => (name ? `${name}: ${figure}` : figure));
    this.keys.setAttribute("aria-valuetext", said.join("; "));
  }

  show(mark) {
    this.now = mark;
    this.say(mark);
    open = this;
    label.replaceChildren(...this.lines(mark).map(([name, figure]) => {
      const line = element("div", "reading__line");
      const bold = document.createElement("b");
      bold.textContent = figure;
      if (name) line.append(`${name}: `, bold);
      else line.textContent = figure;
      return line;
    }));
    if (this.keys && document.activeElement === this.keys) {
      const hint = element("div", "reading__hint");
      hint.textContent = this.root.dataset.hint;
      label.append(hint);
    }
    this.root.append(ring, label);
    this.place(mark);
  }

  // Below the picture, with a line from the mark to the label, it covers no other mark. In rows and tiles the label is
  // above its mark, or below where the screen has no room; always within the width of the chart.
  place(mark) {
    const frame = this.root.getBoundingClientRect();
    const box = mark.box();
    const { offsetWidth: wide, offsetHeight: high } = label;
    const space = 4;
    const inPicture = this.order !== "down" && mark.inside.matches("svg");
    const floor = inPicture ? mark.inside.getBoundingClientRect().bottom : 0;
    const below = floor && floor + high < window.innerHeight;
    const above = box.top - high - 3 * space;
    const top = below ? floor : above < 0 ? box.bottom + 3 * space : above;
    const left = (box.left + box.right - wide) / 2 - frame.left;
    label.style.left = `${Math.max(0, Math.min(left, frame.width - wide))}px`;
    label.style.top = `${top - frame.top}px`;
    Object.assign(ring.style, {
      left: `${box.left - frame.left - space}px`,
      top: `${box.top - frame.top - space}px`,
      width: `${box.right - box.left + 2 * space}px`,
      height: `${box.bottom - box.top + 2 * space}px`,
    });
    ring.style.setProperty("--down", `${below ? floor - box.bottom - space : 0}px`);
  }
}

// On a phone the small lines of all places come on request.
if (window.matchMedia("(max-width: 40em)").matches) {
  for (const places of document.querySelectorAll(".explored details:has(.panels)")) places.open = false;
}

for (const root of document.querySelectorAll(".reading")) {
  const find = root.dataset.periods ? panelMarks : root.dataset.table ? chartMarks : tileMarks;
  const marks = find(root);
  if (marks.length) new Reading(root, marks);
}
document.addEventListener("keydown", (event) => event.key === "Escape" && close());
document.addEventListener("pointerdown", (event) => open && !open.root.contains(event.target) && close());
