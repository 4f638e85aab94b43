// What a page gains when scripts run. Every page works without this file.
import {
  Button, CharacterCount, Checkboxes, ErrorSummary, NotificationBanner, Radios, ServiceNavigation, SkipLink,
} from "govuk-frontend";

const components = [
  Button, CharacterCount, Checkboxes, ErrorSummary, NotificationBanner, Radios, ServiceNavigation, SkipLink,
];

// A part of a page may arrive later and hold parts that are awake already: those are passed by.
export function wake(scope) {
  for (const Component of components) {
    const asleep = `[data-module="${Component.moduleName}"]:not([data-${Component.moduleName}-init])`;
    for (const element of scope.querySelectorAll(asleep)) new Component(element);
  }
}

// What was sent can be copied or printed from its receipt; without scripts the buttons are not there.
for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = !navigator.clipboard; // browsers give it to HTTPS and to this machine only
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).innerText);
    document.getElementById("copied").textContent = button.dataset.copied;
  });
}
for (const button of document.querySelectorAll("[data-prints]")) {
  button.addEventListener("click", () => window.print());
}

document.body.classList.add("js-enabled", "govuk-frontend-supported");
wake(document);
document.addEventListener("htmx:after:swap", () => wake(document));

// Where scripts run, an address can be copied by a button; else it is selected by hand.
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = false;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    field.select();
    try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand("copy"); }
    document.getElementById(`${field.id}-copied`).textContent = "Copied";
  });
}
