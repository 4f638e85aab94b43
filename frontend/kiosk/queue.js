// Whole answers that wait on the device until they are sent, in IndexedDB: they survive a reload and an empty battery.
// An answer leaves the queue only when the server says that it is stored; its key lets the server store it once.
const STORES = ["answers", "counts"];
const LATER = [408, 425, 429];

function finished(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function open() {
  const request = indexedDB.open("kiosk", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("answers", { keyPath: "key" });
    request.result.createObjectStore("counts");
  };
  return finished(request);
}

// Returns what `act` returns, once all that it changed is on the disk.
async function transact(act) {
  const database = await open();
  try {
    const transaction = database.transaction(STORES, "readwrite", { durability: "strict" });
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const result = await act(transaction.objectStore("answers"), transaction.objectStore("counts"));
    await done;
    return result;
  } finally {
    database.close();
  }
}

export const putAnswer = (answer) => transact((answers) => finished(answers.put(answer)));
export const dropAnswer = (key) => transact((answers) => finished(answers.delete(key)));

export async function loadAnswers(survey) {
  const all = await transact((answers) => finished(answers.getAll()));
  return all.filter((one) => one.survey === survey).sort((a, b) => a.place - b.place);
}

export const countSent = async (survey) => (await transact((_, counts) => finished(counts.get(survey)))) || 0;

// The answer goes and the count grows together, so that no reload between them makes the two differ.
function noteSent(answer) {
  return transact(async (answers, counts) => {
    if (!(await finished(answers.get(answer.key)))) return; // another tab has noted it
    const before = (await finished(counts.get(answer.survey))) || 0;
    await finished(answers.delete(answer.key));
    await finished(counts.put(before + 1, answer.survey));
  });
}

// Sends what waits, one whole answer a request. One page or worker at a time; `again` tries refused ones too.
export function flush(survey, address, again = false) {
  return navigator.locks.request(`kiosk ${survey}`, async () => {
    for (const answer of await loadAnswers(survey)) {
      if (answer.refused && !again) continue;
      if (!(await send(answer, address))) return false;
    }
    return true;
  });
}

async function send(answer, address) {
  const body = new FormData();
  for (const [name, value, file] of answer.fields) file ? body.append(name, value, file) : body.append(name, value);
  let response;
  try {
    response = await fetch(address, { method: "POST", body, headers: { "Idempotency-Key": answer.key, Accept: "application/json" } });
  } catch {
    return false; // no line: it may have arrived all the same, and the key tells the server so
  }
  if (response.ok) {
    await noteSent(answer);
    return true;
  }
  if (response.status >= 500 || LATER.includes(response.status)) return false;
  const problem = await response.json().catch(() => ({}));
  const faults = (problem.faults || []).map((fault) => `${fault.where} ${fault.sentence}`).join("; ");
  const why = [problem.detail || `The server refused it (${response.status}).`, faults].filter(Boolean).join(" ");
  await putAnswer({ ...answer, refused: why });
  return true;
}

// What waits as text, with its files, for a person to keep.
export async function exportAnswers(survey) {
  const answers = [];
  for (const { key, fields, refused } of await loadAnswers(survey)) {
    const written = [];
    for (const [name, value, file] of fields) written.push(file ? [name, await asAddress(value), file] : [name, value]);
    answers.push({ key, why: refused || "waiting", fields: written });
  }
  return JSON.stringify({ survey, answers }, null, 1);
}

function asAddress(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
