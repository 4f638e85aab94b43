// Reads the fields of one question: what was answered, as texts that conditions read, and what is wrong with it.
import { countCharacters } from "../characters.js";

const DECLINED = ["prefer_not_to_say", "dont_know"];

// Arabic and Persian digits and signs of fractions, as phones in those languages type them.
export function plainDigits(text) {
  return text.trim()
    .replace(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
    .replace(/[۰-۹]/g, (digit) => String(digit.charCodeAt(0) - 0x6f0))
    .replace(/[٫,]/g, ".");
}

export class Fields {
  constructor(element, question, months) {
    this.element = element;
    this.question = question;
    this.months = months;
  }

  all(ending = "") {
    return [...this.element.querySelectorAll("input, select, textarea")].filter((field) => field.name === this.question.at + ending);
  }

  values(ending = "") {
    return this.all(ending).filter((field) => !["checkbox", "radio"].includes(field.type) || field.checked).map((field) => field.value);
  }

  text(ending = "") {
    return (this.values(ending)[0] || "").trim();
  }

  isDeclined() {
    return [...this.element.querySelectorAll("input[type=checkbox]")].some((field) => field.name === `${this.question.at}-decline` && field.checked);
  }

  // The texts of the answers by name, as an XForm writes them; `wrong` names the rule that is broken.
  read() {
    const { shape, names, name } = this.question;
    if (this.isDeclined()) return this.withheld(name, DECLINED[0]);
    if (shape === "rows") {
      const rows = names.map((row, place) => [row, this.text(`-${place + 1}`)]);
      return { texts: Object.fromEntries(rows), given: rows.filter(([, text]) => text).map(([row]) => row), wrong: "" };
    }
    const chosen = this.values();
    if (chosen.length === 1 && DECLINED.includes(chosen[0]) && shape !== "text") return this.withheld(name, chosen[0]);
    if (this.all()[0]?.type === "radio" && DECLINED.includes(chosen[0])) return this.withheld(name, chosen[0]);
    const [text, wrong] = this[`read_${shape}`]();
    return { texts: { [name]: wrong ? "" : text }, given: text ? [name] : [], wrong };
  }

  withheld(name, answer) {
    return { texts: { [name]: this.question.withheld ? answer : "" }, given: [name], wrong: "" };
  }

  rule(name) {
    return this.question.rules.find((rule) => rule.name === name);
  }

  breaks(name, test) {
    const rule = this.rule(name);
    return rule && test(rule.bound) ? name : "";
  }

  read_text() {
    const text = this.text();
    if (this.rule("time") && text && !/^([01]\d|2[0-3]):[0-5]\d$/.test(text)) return [text, "time"];
    return [text, this.breaks("characters", (most) => countCharacters(text) > most)];
  }

  read_number() {
    const text = plainDigits(this.text());
    if (!text) return ["", ""];
    const whole = this.rule("whole"), number = Number(text);
    if (whole ? !/^[+-]?\d+$/.test(text) : !/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text)) return [text, whole ? "whole" : "number"];
    const wrong = this.breaks("least", (least) => number < least) || this.breaks("most", (most) => number > most)
      || this.breaks("step", (step) => {
        const steps = (number - (this.rule("least")?.bound ?? 0)) / step;
        return Math.abs(steps - Math.round(steps)) > 1e-9;
      });
    return [String(number), wrong];
  }

  month(text) {
    return this.months[text.toLowerCase().replace(/\.$/, "")] || Number(plainDigits(text));
  }

  year(text) {
    const year = Number(plainDigits(text)), now = new Date().getFullYear();
    if (plainDigits(text).length !== 2) return year;
    return year + Math.floor(now / 100) * 100 - (year > now % 100 ? 100 : 0);
  }

  read_date() {
    const [day, month, year] = ["-day", "-month", "-year"].map((ending) => this.text(ending));
    if (!day && !month && !year) return ["", ""];
    const numbers = [this.year(year), this.month(month), Number(plainDigits(day))];
    const at = new Date(0);
    at.setUTCFullYear(numbers[0], numbers[1] - 1, numbers[2]);
    if (![day, month, year].every(Boolean) || at.getUTCMonth() !== numbers[1] - 1 || at.getUTCDate() !== numbers[2]) return ["x", "date"];
    const text = [String(numbers[0]).padStart(4, "0"), ...numbers.slice(1).map((one) => String(one).padStart(2, "0"))].join("-");
    return [text, this.breaks("early", (first) => numbers[0] < first) || this.breaks("future", () => text > localMoment().slice(0, 10))];
  }

  read_moment() {
    const [day, wrong] = this.read_date(), time = this.text("-time");
    if (!day && !time) return ["", ""];
    if (!day) return ["x", "date"];
    return [`${day}T${time}`, wrong || (/^([01]\d|2[0-3]):[0-5]\d$/.test(time) ? "" : "time")];
  }

  read_ticks() {
    const chosen = this.values();
    return [chosen.join(" "), this.breaks("choices", (most) => chosen.length > most)];
  }

  read_rank() {
    const { options } = this.question;
    const places = options.map((_, place) => this.text(`-${place + 1}`));
    const offered = options.filter((_, place) => !this.all(`-${place + 1}`)[0]?.disabled);
    if (places.every((place) => !place)) return ["", ""];
    const given = options.map((name, place) => [Number(places[place]), name]).filter(([place]) => place).sort(([a], [b]) => a - b);
    const every = given.length === offered.length && new Set(given.map(([place]) => place)).size === given.length;
    return [given.map(([, name]) => name).join(" "), every ? "" : "every"];
  }

  read_tick() {
    return [this.text() === "yes" ? "OK" : "", ""];
  }

  read_file() {
    return [this.all().some((field) => field.files && field.files.length) ? "file" : "", ""];
  }
}

// The wall clock of the device, as 2026-11-28T10:00:00.
export function localMoment() {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
}
