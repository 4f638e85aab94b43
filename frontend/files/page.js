// Pages that send files: shows what is chosen, and how far it is sent. Without this file the form sends it itself.
import { shrunk, watch } from "./chosen.js";

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
  send(form, pressed);
}

function send(form, pressed) {
  const body = new FormData(form), request = new XMLHttpRequest(), said = report(form);
  if (pressed?.name) body.append(pressed.name, pressed.value);
  request.open("POST", form.action);
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) said.querySelector("progress").value = event.loaded / event.total;
  });
  request.addEventListener("load", () => {
    if (request.status >= 500 || request.status === 429) fail(form, said);
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

function fail(form, said) {
  delete form.dataset.sends;
  const text = document.createElement("p");
  text.className = "govuk-error-message";
  text.textContent = words.failed;
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
