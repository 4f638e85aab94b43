// What whoever runs a kiosk can do with what waits there, once they have given its code.
import { dropAnswer, exportAnswers, loadAnswers } from "./queue.js";

async function isRightCode(kiosk) {
  const typed = document.getElementById("code").value.replace(/\D/g, "");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${kiosk.address}\0${typed}`));
  const right = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("") === kiosk.code_digest;
  document.getElementById("wrong-code").hidden = right;
  return right;
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
