// Files that were chosen and not sent yet: photos are made smaller, and each file is listed with its picture, name and
// size, what is wrong if it is too large, and a button that takes it out again.
import { smallerPhoto, thumbnail } from "./photos.js";

const SIDE = 72; // pixels of a small picture
const words = document.getElementById("file-words").dataset;
let shrinking = Promise.resolve();

// Resolves when no photo is being made smaller.
export const shrunk = () => shrinking;

export function watch(input) {
  const list = document.createElement("ul");
  list.className = "govuk-list file-list";
  list.hidden = true;
  input.after(list);
  input.addEventListener("change", () => {
    shrinking = shrinking.then(() => shrink(input)).then(() => show(input, list)).catch(() => {});
  });
  input.form.addEventListener("reset", () => list.replaceChildren());
}

// Whether something chosen here is larger than what is accepted; then the list says what.
export const isTooLarge = (input) => Boolean(largeTogether(input.files) || [...input.files].some(largeFile));

function largeFile(file) {
  const most = Number(file.type === "application/pdf" ? words.mostPdf : words.most);
  return file.size > most && words.large.replace("{name}", file.name).replace("{most}", most / 1000000);
}

function largeTogether(files) {
  const most = Number(words.mostSent), sum = [...files].reduce((total, file) => total + file.size, 0);
  return files.length > 1 && sum > most && words.many.replace("{most}", most / 1000000);
}

function errorLine(said) {
  const text = document.createElement("span");
  text.className = "govuk-error-message";
  text.setAttribute("role", "alert");
  text.textContent = said;
  return text;
}

async function shrink(input) {
  const chosen = [...input.files], smaller = [];
  for (const file of chosen) smaller.push(await smallerPhoto(file)); // one after the other: each fills the memory
  const same = input.files.length === chosen.length && chosen.every((file, place) => input.files[place] === file);
  if (same && smaller.some((file, place) => file !== chosen[place])) put(input, smaller);
}

function put(input, files) {
  const given = new DataTransfer();
  for (const file of files) given.items.add(file);
  input.files = given.files;
}

async function show(input, list) {
  const lines = [];
  for (const file of input.files) lines.push(await line(input, list, file));
  const many = largeTogether(input.files);
  if (many) {
    const last = document.createElement("li");
    last.append(errorLine(many));
    lines.push(last);
  }
  list.replaceChildren(...lines);
  list.hidden = !lines.length;
}

async function line(input, list, file) {
  const whole = document.createElement("li"), name = document.createElement("span");
  whole.className = "file-list__file";
  name.className = "file-list__name";
  const called = document.createElement("bdi"), size = document.createElement("span");
  called.textContent = file.name;
  size.className = "govuk-hint";
  size.textContent = sizeOf(file.size);
  name.append(called, document.createElement("br"), size);
  const large = largeFile(file);
  if (large) name.append(errorLine(large));
  const picture = await thumbnail(file, SIDE);
  if (picture) whole.append(Object.assign(picture, { className: "file-list__picture" }));
  whole.append(name, removeButton(input, list, file));
  return whole;
}

function removeButton(input, list, file) {
  const button = document.createElement("button"), hidden = document.createElement("span");
  button.type = "button";
  button.className = "govuk-button govuk-button--secondary file-list__remove";
  hidden.className = "govuk-visually-hidden";
  hidden.textContent = ` ${file.name}`;
  button.append(words.remove, hidden);
  button.addEventListener("click", async () => {
    put(input, [...input.files].filter((one) => one !== file));
    await show(input, list);
    input.focus();
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return button;
}

function sizeOf(bytes) {
  if (bytes >= 1000000) return words.mb.replace("#", (bytes / 1000000).toFixed(1));
  return words.kb.replace("#", Math.max(1, Math.ceil(bytes / 1000)));
}
