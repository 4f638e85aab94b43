// Solves the puzzle of a survey's last page while it is read, as ALTCHA version 2 asks: tries numbers until a key derived
// from one begins as the puzzle says. Without this file the answers are sent all the same, and wait for the organiser.
const field = document.getElementById("proof");
const { parameters, signature } = JSON.parse(field.dataset.puzzle);
const fromHex = (text) => Uint8Array.from(text.match(/../g), (two) => parseInt(two, 16));
const toHex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

async function derive(number) {
  const nonce = fromHex(parameters.nonce), password = new Uint8Array(nonce.length + 4);
  password.set(nonce);
  new DataView(password.buffer).setUint32(nonce.length, number);
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: fromHex(parameters.salt), iterations: parameters.cost };
  return toHex(await crypto.subtle.deriveBits(how, key, parameters.keyLength * 8));
}

async function solve() {
  for (let counter = 0; ; counter += 1) {
    const derivedKey = await derive(counter);
    if (!derivedKey.startsWith(parameters.keyPrefix)) continue;
    field.value = btoa(JSON.stringify({ challenge: { parameters, signature }, solution: { counter, derivedKey } }));
    return;
  }
}

// Whoever sends at once waits for it, but never longer than a slow telephone needs.
if (crypto.subtle) {
  const solved = Promise.race([solve(), new Promise((resolve) => setTimeout(resolve, 20000))]);
  field.form.addEventListener("submit", async (event) => {
    if (field.value) return;
    event.preventDefault();
    event.submitter?.setAttribute("aria-busy", "true");
    await solved.catch(() => {});
    field.form.submit();
  });
}
