// Keys for coding texts: each choice names its own (`data-key`). The page is complete without this file.

const bar = document.getElementById("code-keys");
const form = bar.closest("form");
const button = bar.querySelector("button");
const choices = new Map([...form.querySelectorAll("[data-key]")].map((input) => [input.dataset.key, input]));
const STORED = "coding-keys";

// A browser may refuse to store anything.
function stored() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

const named = { on: button.textContent, off: button.dataset.off };
let on = true;

function use(keys) {
  on = keys;
  button.textContent = on ? named.on : named.off;
  for (const shown of form.querySelectorAll(".code-choice__key")) shown.hidden = !keys;
  for (const [key, input] of choices) {
    if (keys) input.setAttribute("aria-keyshortcuts", key.toUpperCase());
    else input.removeAttribute("aria-keyshortcuts");
  }
}

button.addEventListener("click", () => {
  use(!on);
  try {
    localStorage.setItem(STORED, on ? "on" : "off");
  } catch {
    // Then the choice holds for this page.
  }
});

// Keys of screen readers are held together with others: Insert is no modifier to a browser.
let insert = false;
addEventListener("keyup", (event) => {
  if (event.key === "Insert") insert = false;
});
addEventListener("blur", () => {
  insert = false;
});

function isOurs(event) {
  const held = ["Control", "Alt", "AltGraph", "Meta", "Shift", "CapsLock"].some((key) => event.getModifierState(key));
  const typing = event.target.closest("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])");
  return on && !held && !insert && !typing && !event.repeat && !event.isComposing && !event.defaultPrevented;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Insert") insert = true;
  if (!isOurs(event)) return;
  const input = choices.get(event.key.toLowerCase());
  if (input) {
    event.preventDefault();
    input.click();
    input.closest(".code-choice").scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter" && !event.target.closest("a, button, input, summary")) {
    event.preventDefault();
    // Where each answer is a button of its own, Enter chooses none.
    const save = form.querySelector("[type=submit]:not([data-key])");
    if (save) form.requestSubmit(save);
  }
});

bar.hidden = false;
use(stored() !== "off");
