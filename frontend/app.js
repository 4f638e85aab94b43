// What a page gains when scripts run. Every page works without this file.
import { Button, Checkboxes, ErrorSummary, NotificationBanner, Radios, ServiceNavigation, SkipLink } from "govuk-frontend";
import { Characters, wake as wakeAll } from "./components.js";

const components = [
  Button, Characters, Checkboxes, ErrorSummary, NotificationBanner, Radios, ServiceNavigation, SkipLink,
];
export const wake = (scope) => wakeAll(scope, components);

// A receipt can be copied or printed, and the address of a survey copied; without scripts the buttons are not there.
for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = !navigator.clipboard; // browsers give it to HTTPS and to this machine only
  button.addEventListener("click", async () => {
    const from = document.getElementById(button.dataset.copies);
    await navigator.clipboard.writeText(from.value || from.innerText);
    const said = document.getElementById("copied");
    button.after(said); // of several buttons on a page, the one that was pressed
    said.textContent = button.dataset.copied;
  });
}
for (const button of document.querySelectorAll("[data-prints]")) {
  button.addEventListener("click", () => window.print());
}

// Where forms of paper are typed in, Enter goes on to the next field; in the last one it sends.
document.querySelector("[data-keying]")?.addEventListener("keydown", (event) => {
  const fields = [...event.currentTarget.querySelectorAll("input[type=text], select, textarea")];
  const at = fields.indexOf(event.target); // -1 for the button, which sends
  const next = fields[at + 1];
  if (event.key === "Enter" && at >= 0 && next && event.target.tagName !== "TEXTAREA") {
    event.preventDefault();
    next.focus();
  }
});

// The address on a letter brings its code behind the '#', where it is in no log; it goes from the address at once.
const brought = new URLSearchParams(location.hash.slice(1)).get("code");
const code = document.getElementById("code");
if (brought && code) {
  code.value = brought.slice(0, 40);
  history.replaceState(null, "", location.pathname + location.search);
}

// A group of the staff menu lies over the page: it closes by Escape, and by a click elsewhere.
for (const group of document.querySelectorAll(".work-menu__group")) {
  document.addEventListener("click", (event) => {
    if (!group.contains(event.target)) group.open = false;
  });
  group.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !group.open) return;
    group.open = false;
    group.querySelector("summary").focus();
  });
}

document.body.classList.add("js-enabled", "govuk-frontend-supported");
wake(document);
document.addEventListener("htmx:after:swap", () => wake(document));
