// Results move while one looks: the server says when, and the figures of the page are put in place of the old ones.
// Without this file the page shows the same when it is loaded again.

let source = null;

function listen() {
  const figures = document.getElementById("results");
  if (!figures?.dataset.live) return;
  source = new EventSource(figures.dataset.live);
  source.addEventListener("moved", () => {
    source.close();
    show().catch(() => setTimeout(listen, 5000));
  });
}

async function show() {
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("results");
  const figures = document.getElementById("results");
  if (!fresh || !figures) return;
  // Whoever is choosing from a list or copying words is not disturbed: the figures follow when they have left.
  const busy = figures.contains(document.activeElement) || String(document.getSelection());
  if (busy) {
    setTimeout(() => show().catch(() => {}), 5000);
    return;
  }
  figures.replaceWith(document.adoptNode(fresh));
  const said = document.getElementById("moved");
  if (said) said.textContent = "New answers have come: the figures have moved.";
  listen();
}

// A page that nobody looks at holds no connection.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) source?.close();
  else listen();
});
if (!document.hidden) listen();
