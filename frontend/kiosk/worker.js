// The service worker of a kiosk: keeps its pages and files for when there is no line, and sends what waits.
// The server writes KIOSK before this: the files to keep, the survey, and the version of all of it.
import { flush } from "./queue.js";

const STORE = `kiosk ${KIOSK.version}`;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(STORE).then((store) => store.addAll(KIOSK.files)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith(`kiosk ${KIOSK.survey} `) && name !== STORE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  if (event.request.mode === "navigate") event.respondWith(answerNavigation(event.request));
  else if (KIOSK.files.includes(new URL(event.request.url).pathname)) event.respondWith(answerFromStore(event.request));
});

// The newest page if there is a line, else the one that was kept. A page that was ended or is broken loses to the kept
// one too: what waits on the device can only be seen from a page.
async function answerNavigation(request) {
  const kept = await caches.match(request, { ignoreSearch: true });
  try {
    const response = await fetch(request);
    if (response.ok || !kept) {
      if (response.ok) await (await caches.open(STORE)).put(request, response.clone());
      return response;
    }
  } catch (error) {
    // The address that was handed out leads to a page, and only pages are kept.
    if (!kept && new URL(request.url).pathname === KIOSK.home) return Response.redirect(KIOSK.files[0]);
    if (!kept) throw error;
  }
  return kept;
}

async function answerFromStore(request) {
  return (await caches.match(request)) || fetch(request);
}

self.addEventListener("sync", (event) => {
  if (event.tag === "kiosk") event.waitUntil(flush(KIOSK.survey, KIOSK.address).then((done) => (done ? null : Promise.reject(new Error("later")))));
});
