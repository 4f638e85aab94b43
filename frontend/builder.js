// What the builder gains when scripts run: the list changes in place, and can be put in order by
// dragging. The page works without this file, by the buttons Up and Down.
import htmx from "htmx.org";
import Sortable from "sortablejs";

htmx.config.includeIndicatorCSS = false; // the policy of the page allows no style within it

function sortable(scope) {
  for (const list of scope.querySelectorAll("[data-sortable]")) {
    if (list.dataset.awake) continue;
    list.dataset.awake = "yes";
    Sortable.create(list, {
      handle: ".builder__handle",
      animation: 120,
      onEnd(moved) {
        if (moved.oldIndex === moved.newIndex) return;
        const form = document.getElementById("arrange");
        form.elements.order.value = [...list.children].map((part) => part.dataset.name).join(" ");
        form.requestSubmit();
      },
    });
  }
}

document.body.classList.add("builder-awake");
sortable(document);
// A question opens below its words; opened again, or with another, it closes.
document.addEventListener("click", (event) => {
  const link = event.target.closest(".builder__text");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const own = document.getElementById(`edit-${link.closest("[data-name]").dataset.name}`);
  const open = own.childElementCount > 0;
  for (const edit of document.querySelectorAll(".builder__edit")) edit.replaceChildren();
  if (!open) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

let pressed = null;
document.addEventListener("submit", ({ target, submitter }) => {
  pressed = submitter && { button: submitter.id, part: target.elements.name && target.elements.name.value };
}, true);
// The focus stays on the question that was moved, and where it is now is said; what was refused is
// read out first.
document.addEventListener("htmx:after:swap", () => {
  sortable(document);
  const wrong = document.querySelector("#builder .govuk-error-summary");
  if (wrong) {
    wrong.tabIndex = -1;
    return wrong.focus();
  }
  const opened = document.querySelector(".builder__edit :is(textarea, input:not([type=hidden]))");
  if (opened) return opened.focus();
  const said = document.getElementById("moved");
  if (pressed && ["undo", "redo"].includes(pressed.button)) {
    const other = pressed.button === "undo" ? "redo" : "undo";
    (document.getElementById(pressed.button) || document.getElementById(other) || document.querySelector(".builder__act")).focus();
    said.textContent = pressed.button === "undo" ? "Undone." : "Done again.";
    return;
  }
  const part = pressed && document.getElementById(`part-${pressed.part}`);
  if (!part) return;
  (document.getElementById(pressed.button) || part.querySelector(".builder__act")).focus();
  const all = [...part.parentElement.children];
  const copied = pressed.button.startsWith("duplicate-");
  said.textContent = copied ? "Duplicated: the copy comes next." : `Now number ${all.indexOf(part) + 1} of ${all.length}.`;
});
