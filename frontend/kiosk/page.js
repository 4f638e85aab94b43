// A survey asked on one device, person after person, with or without a line.
import { Checkboxes, Radios } from "govuk-frontend";
import { Characters, wake } from "../components.js";
import { Fields, localMoment } from "./answers.js";
import { countSent, flush, loadAnswers, putAnswer } from "./queue.js";
import { isTooLarge, shrunk, watch } from "../files/chosen.js";

const KIOSK = JSON.parse(document.getElementById("kiosk").textContent);
const form = document.getElementById("answers");
const sections = [...document.querySelectorAll("[data-section]")];
const start = document.getElementById("start"), done = document.getElementById("done"), problems = document.getElementById("problems");
const idle = document.getElementById("idle"), noLine = document.getElementById("no-line");
const questions = KIOSK.questions.map((question) => {
  const element = form.querySelector(`[data-question="${CSS.escape(question.name)}"]`);
  return { ...question, element, fields: new Fields(element, question, KIOSK.months) };
});
let shown = null; // the section on the screen; null between two people
let settled = null;
let evaluate = null; // comes when the first person starts, if the survey has conditions
const ALL_ASKED = { passed: [], required: [], broken: [], calculated: {}, offered: {} };
let sentBefore = Promise.resolve();

function readAll() {
  for (const question of questions) question.answer = question.fields.read();
  const texts = Object.assign({ ...KIOSK.fixed }, ...questions.map((question) => question.answer.texts));
  settled = evaluate ? evaluate(KIOSK.form, texts, localMoment()) : ALL_ASKED;
  const passed = new Set(settled.passed);
  for (const element of form.querySelectorAll("[data-question]")) setAsked(element, !passed.has(element.dataset.question));
  for (const question of questions) offer(question);
  for (const place of form.querySelectorAll("[data-answer]")) place.textContent = wordsOf(place.dataset.answer, texts);
}

function setAsked(element, asked) {
  element.hidden = !asked;
  for (const field of element.querySelectorAll("input, select, textarea")) field.disabled = !asked;
}

// Shows the options that are offered now; what was chosen and is no longer offered is no answer.
function offer(question) {
  const offered = settled.offered[question.name];
  if (!offered || question.element.hidden) return;
  if (question.shape === "rank") {
    question.options.forEach((name, place) => toggle(question.fields.all(`-${place + 1}`)[0], offered.includes(name)));
  } else {
    for (const field of question.fields.all()) toggle(field, offered.includes(field.value) || !question.options.includes(field.value));
  }
}

function toggle(field, there) {
  if (!there && field.checked) field.checked = false;
  if (!there && field.tagName === "SELECT") field.value = "";
  field.disabled = !there;
  (field.closest(".govuk-radios__item, .govuk-checkboxes__item, .govuk-form-group")).hidden = !there;
}

// An earlier answer as words: the label of what was chosen, or what was typed.
function wordsOf(name, texts) {
  const question = questions.find((one) => one.name === name || one.names.includes(name));
  const text = texts[name] || settled.calculated[name] || "";
  if (!text || (question && question.element.hidden)) return "…";
  if (!question) return text;
  const picked = [...question.element.querySelectorAll("input:checked")].map((field) => question.element.querySelector(`label[for="${CSS.escape(field.id)}"]`).textContent.trim());
  const select = question.element.querySelector("select");
  if (picked.length) return picked.join(", ");
  return select && select.selectedIndex > 0 && question.shape === "text" ? select.selectedOptions[0].textContent : text;
}

const questionsIn = (section) => questions.filter((question) => section.contains(question.element) && !question.element.hidden);

function isAsked(section) {
  return section.hasAttribute("data-always") || section.querySelector("[data-asks]:not([hidden])") !== null;
}

// What is wrong in a section: the field to go to, and the sentence.
function faultsIn(section) {
  const faults = [];
  for (const question of questionsIn(section)) {
    const { answer, rules } = question;
    const rule = rules.find((one) => one.name === answer.wrong);
    if (rule) faults.push([question, question.first[0], worded(rule.message, question)]);
    else {
      question.names.forEach((name, place) => {
        const needed = question.required || settled.required.includes(name);
        if (needed && !answer.given.includes(name)) faults.push([question, question.first[place], question.missing[place]]);
        else if (settled.broken.includes(name)) faults.push([question, question.first[place], question.broken]);
      });
    }
  }
  return faults;
}

function worded(message, question) {
  const rule = question.rules.find((one) => one.name === "characters");
  return rule ? message.replace((rule.bound + 1).toLocaleString("en"), [...question.fields.text()].length.toLocaleString("en")) : message;
}

function filled(sentence) {
  const texts = Object.assign({}, ...questions.map((question) => question.answer.texts));
  return sentence.replace(/\ue100([^\ue101]+)\ue101/g, (_, name) => wordsOf(name, texts));
}

function showFaults(faults) {
  for (const old of form.querySelectorAll("[data-fault]")) old.remove();
  for (const question of questions) question.element.classList.remove("govuk-form-group--error");
  const list = problems.querySelector("ul");
  list.replaceChildren();
  problems.hidden = !faults.length;
  for (const [question, id, sentence] of faults) {
    const link = document.createElement("a"), line = document.createElement("li"), text = document.createElement("p");
    link.href = `#${id}`;
    link.textContent = text.textContent = filled(sentence);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      document.getElementById(id)?.focus();
    });
    text.className = "govuk-error-message";
    text.dataset.fault = "";
    line.append(link);
    list.append(line);
    question.element.prepend(text);
    question.element.classList.add("govuk-form-group--error");
  }
  if (faults.length) problems.focus();
}

function show(section) {
  shown = section;
  for (const one of [start, done, ...sections]) one.hidden = one !== section;
  form.hidden = !sections.includes(section);
  document.getElementById("way").hidden = form.hidden;
  const asked = sections.filter(isAsked), bar = document.querySelector("#way progress");
  bar.max = asked.length;
  bar.value = asked.indexOf(section) + 1;
  document.querySelector("[data-finish]").hidden = section !== asked.at(-1);
  document.querySelector("[data-onward]").hidden = section === asked.at(-1);
  window.scrollTo(0, 0);
  section.focus({ preventScroll: true });
}

function move(by) {
  readAll();
  const faults = by > 0 ? faultsIn(shown) : [];
  showFaults(faults);
  if (faults.length) return;
  const place = sections.indexOf(shown);
  const others = by > 0 ? sections.slice(place + 1) : sections.slice(0, place).reverse();
  show(others.find(isAsked) || (by > 0 ? shown : start));
}

let thanksClock;
async function finish() {
  readAll();
  for (const section of sections.filter(isAsked)) {
    const faults = faultsIn(section);
    if (!faults.length) continue;
    show(section);
    showFaults(faults);
    return;
  }
  const large = [...form.querySelectorAll("input[type=file]")].find(isTooLarge);
  if (large) {
    show(sections.find((section) => section.contains(large)));
    large.focus();
    return;
  }
  const button = document.querySelector("[data-finish]");
  button.disabled = true;
  try {
    await putAnswer({ key: crypto.randomUUID(), survey: KIOSK.survey, place: Date.now(), fields: await fieldsToSend() });
  } catch (error) {
    document.getElementById("full").hidden = false;
    throw error;
  } finally {
    button.disabled = false;
  }
  document.getElementById("full").hidden = true;
  reset(done);
  // The clock of the person before would take the thanks away too early.
  clearTimeout(thanksClock);
  thanksClock = setTimeout(() => shown === done && show(start), KIOSK.thanks_seconds * 1000);
  askForSync();
  send();
}

async function fieldsToSend() {
  await shrunk();
  const fields = [["version", String(KIOSK.version)], ["language", document.documentElement.lang]];
  for (const [name, value] of new FormData(form)) {
    if (!(value instanceof File)) fields.push([name, value]);
    else if (value.size) fields.push([name, value, value.name.slice(0, 60)]);
  }
  return fields;
}

// Empties everything that the last person typed, and shows what comes between two people.
function reset(section) {
  form.reset();
  readAll();
  showFaults([]);
  show(section);
}

async function askForSync() {
  const registration = await navigator.serviceWorker?.ready;
  await registration?.sync?.register("kiosk").catch(() => {});
}

function send(again = false) {
  sentBefore = sentBefore.then(async () => {
    await flush(KIOSK.survey, KIOSK.address, again).catch(() => false);
    await showQueue();
  });
  return sentBefore;
}

async function showQueue() {
  const answers = await loadAnswers(KIOSK.survey), refused = answers.filter((one) => one.refused);
  for (const place of document.querySelectorAll("[data-waiting]")) place.textContent = answers.length - refused.length;
  for (const place of document.querySelectorAll("[data-sent]")) place.textContent = await countSent(KIOSK.survey);
  for (const place of document.querySelectorAll("[data-refused]")) place.textContent = refused.length;
  document.getElementById("refused").hidden = !refused.length;
  const reasons = [...new Set(refused.map((one) => one.refused))];
  document.querySelector("#refused ul").replaceChildren(...reasons.map((reason) => Object.assign(document.createElement("li"), { textContent: reason })));
}

// The link may have been ended, or the survey closed, since this page was kept on the device.
async function checkLink() {
  const response = await fetch(location.pathname, { method: "HEAD" }).catch(() => null);
  if (response && response.status === 404) close();
}

function close() {
  document.getElementById("closed").hidden = false;
  document.getElementById("begin").hidden = true;
}

// What only whoever runs the kiosk uses comes when they open it; `refresh` shows the queue again.
let runnersPart = null;
const loadRunnersPart = () => (runnersPart ??= import(KIOSK.runners_part));
for (const [name, act] of [["[data-save-copy]", "saveCopy"], ["[data-remove]", "removeRefused"]]) {
  document.querySelector(name).addEventListener("click", async () => (await loadRunnersPart())[act](KIOSK, showQueue));
}
document.querySelector(".kiosk__runner").addEventListener("toggle", loadRunnersPart);

// Nobody is asked without the conditions. If they do not come, the page says so and the next press tries again.
async function loadConditions() {
  if (!KIOSK.form || evaluate) return true;
  noLine.hidden = true;
  const late = setTimeout(() => (noLine.hidden = false), 3000);
  const part = await import(KIOSK.conditions_part).catch(() => null);
  clearTimeout(late);
  noLine.hidden = part !== null;
  if (part) ({ evaluate } = part);
  return part !== null;
}

// After a while without a touch the answers go, so that the next person does not see them.
let lastTouch = Date.now();
function watchIdle() {
  const still = (Date.now() - lastTouch) / 1000;
  if (form.hidden) return;
  if (still >= KIOSK.idle_seconds + KIOSK.warning_seconds) {
    idle.close();
    reset(start);
  } else if (still >= KIOSK.idle_seconds && !idle.open) idle.showModal();
}

for (const event of ["pointerdown", "keydown", "input"]) {
  document.addEventListener(event, () => {
    lastTouch = Date.now();
    if (idle.open) idle.close();
  });
}
// While somebody types, too: a question that first appears when the field is left would move "Continue" from under the finger.
for (const event of ["input", "change"]) form.addEventListener(event, readAll);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (document.querySelector("[data-finish]").hidden) move(1);
  else finish();
});
document.getElementById("begin").addEventListener("click", async () => {
  if (!(await loadConditions()) || shown !== start) return;
  readAll(); // which section is the first, conditions say
  reset(sections.find(isAsked));
});
document.querySelector("[data-back]").addEventListener("click", () => move(-1));
document.querySelector("[data-next]").addEventListener("click", () => show(start));
document.querySelector("[data-stop]").addEventListener("click", () => reset(start));
document.querySelector("[data-send-now]").addEventListener("click", () => send(true));
window.addEventListener("online", () => send());
window.addEventListener("pageshow", (event) => event.persisted && reset(start));
setInterval(watchIdle, 1000);
setInterval(send, KIOSK.retry_seconds * 1000);

document.body.classList.add("js-enabled", "govuk-frontend-supported");
wake(form, [Characters, Checkboxes, Radios]);
form.querySelectorAll("input[type=file]").forEach(watch);
readAll();
show(start);
document.documentElement.classList.add("kiosk-ready");
if (KIOSK.closed) close();
else checkLink();
navigator.storage?.persist?.();
navigator.serviceWorker?.register(KIOSK.worker, { scope: KIOSK.scope });
navigator.serviceWorker?.ready.then(() => document.documentElement.classList.add("kiosk-kept"));
showQueue().then(() => send());
