// Pages on which somebody writes what happened to them: leave by the button, or by Shift or Escape three times.
import { ExitThisPage } from "govuk-frontend";

const exit = new ExitThisPage(document.querySelector("[data-module='govuk-exit-this-page']"));
let presses = 0, last = 0;

// GOV.UK's component counts Shift. Escape is what many press first, so it counts too, if it comes quickly:
// once or twice it closes a list or ends a composed letter.
document.addEventListener("keyup", (event) => {
  if (event.key !== "Escape" || event.isComposing) {
    presses = 0;
    return;
  }
  presses = event.timeStamp - last < 1000 ? presses + 1 : 1;
  last = event.timeStamp;
  if (presses === 3) exit.exitPage();
});
