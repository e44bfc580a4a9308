// How fresh what is shown is.

const MINUTE = 60_000;

let asOf = null;

/// Takes in the `as_of` of a reply.
export function note(text) {
  if (text) asOf = new Date(text);
  draw();
}

export function watch() {
  fetch("/readyz")
    .then((reply) => (reply.ok ? reply.json() : null))
    .then((ready) => note(ready?.as_of))
    .catch(() => {});
  setInterval(draw, MINUTE / 2);
}

function draw() {
  const place = document.getElementById("sync");
  if (!asOf) {
    place.textContent = "not synced yet";
    return;
  }
  place.textContent = `synced ${ago(Date.now() - asOf)}`;
  place.title = `As of ${asOf.toLocaleString()}`;
  place.classList.toggle("old", Date.now() - asOf > 60 * MINUTE);
}

function ago(time) {
  const minutes = Math.floor(time / MINUTE);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`;
}
