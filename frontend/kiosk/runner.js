// What whoever runs a kiosk can do with what waits there, once they have given its code.
import { dropAnswer, exportAnswers, loadAnswers } from "./queue.js";

async function isRightCode(kiosk) {
  const code = document.getElementById("code").value.replace(/\D/g, "");
  const asked = { method: "POST", body: new URLSearchParams({ code }), headers: { Accept: "application/json" } };
  // Only the site knows the code: whatever checked it here could be read by whoever opens this page.
  const status = await fetch(kiosk.code_address, asked).then((response) => response.status, () => 0);
  document.getElementById("wrong-code").hidden = status !== 422;
  document.getElementById("unchecked-code").hidden = status === 204 || status === 422;
  return status === 204;
}

export async function saveCopy(kiosk) {
  if (!(await isRightCode(kiosk))) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([await exportAnswers(kiosk.survey)], { type: "application/json" }));
  link.download = `${kiosk.survey}-kiosk.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

export async function removeRefused(kiosk, refresh) {
  if (!(await isRightCode(kiosk)) || !document.getElementById("sure").checked) return;
  for (const answer of await loadAnswers(kiosk.survey)) if (answer.refused) await dropAnswer(answer.key);
  await refresh();
}
