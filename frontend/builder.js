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
let pressed = null;
document.addEventListener("submit", (event) => (pressed = event.submitter && event.submitter.id), true);
document.addEventListener("htmx:after:swap", () => {
  sortable(document);
  const button = pressed && document.getElementById(pressed);
  const part = button && button.closest("[data-name]");
  if (button) button.focus();
  if (part) {
    const place = [...part.parentElement.children].indexOf(part) + 1;
    document.getElementById("moved").textContent = `Now number ${place} of ${part.parentElement.children.length}.`;
  }
});
