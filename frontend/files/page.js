// Pages that send files: shows what is chosen, and how far it is sent. Without this file the form sends it itself.
import { isTooLarge, shrunk, watch } from "./chosen.js";

const words = document.getElementById("file-words").dataset;
const inputsOf = (scope) => [...scope.querySelectorAll("input[type=file]")];

function begin() {
  const inputs = inputsOf(document);
  inputs.forEach(watch);
  for (const form of new Set(inputs.map((input) => input.form))) form.addEventListener("submit", submit);
}

async function submit(event) {
  const form = event.currentTarget, pressed = event.submitter;
  if (!inputsOf(form).some((input) => input.files.length)) return;
  event.preventDefault();
  if (form.dataset.sends) return; // pressed twice
  form.dataset.sends = "yes";
  await shrunk();
  // What would be cut off on its way is not sent: the list says which file it is.
  const large = inputsOf(form).find(isTooLarge);
  if (large) {
    delete form.dataset.sends;
    large.focus();
    large.scrollIntoView({ block: "center" });
  } else send(form, pressed);
}

function send(form, pressed) {
  const body = new FormData(form), request = new XMLHttpRequest(), said = report(form);
  if (pressed?.name) body.append(pressed.name, pressed.value);
  request.open("POST", form.action);
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) said.querySelector("progress").value = event.loaded / event.total;
  });
  request.addEventListener("load", () => {
    if (request.status >= 500) fail(form, said);
    else if (request.status === 429) fail(form, said, sentenceOf(request.responseText));
    else arrive(request, form.action);
  });
  request.addEventListener("error", () => fail(form, said));
  request.send(body);
}

function report(form) {
  form.querySelector("[data-report]")?.remove();
  const said = document.createElement("div"), text = document.createElement("p"), bar = document.createElement("progress");
  said.dataset.report = "";
  said.setAttribute("role", "status");
  text.className = "govuk-body";
  text.textContent = words.sending;
  Object.assign(bar, { className: "progress", max: 1, value: 0 });
  bar.setAttribute("aria-label", words.sending);
  said.append(text, bar);
  form.append(said);
  said.scrollIntoView({ block: "nearest" });
  return said;
}

// What a page that refuses everything for a while says about it.
function sentenceOf(page) {
  return new DOMParser().parseFromString(page, "text/html").querySelector("main .govuk-body")?.textContent;
}

function fail(form, said, why) {
  delete form.dataset.sends;
  const text = document.createElement("p");
  text.className = "govuk-error-message";
  text.textContent = why || words.failed;
  said.setAttribute("role", "alert");
  said.replaceChildren(text);
}

// Goes where the form leads; a page with errors, or the same page again, is shown in place of this one.
function arrive(request, address) {
  const path = (url) => new URL(url, location.href).pathname;
  if (path(request.responseURL) !== path(address)) {
    location.assign(request.responseURL);
    return;
  }
  const page = new DOMParser().parseFromString(request.responseText, "text/html"), main = page.querySelector("main");
  document.title = page.title;
  document.querySelector("main").replaceWith(main);
  main.tabIndex = -1;
  main.focus();
  document.dispatchEvent(new Event("htmx:after:swap"));
  begin();
}

begin();
