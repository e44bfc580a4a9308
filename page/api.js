// Asks the server. Whoever calls gets the reply or a `Problem` with one sentence for people.

import * as session from "./session.js";

/// A failure that can be shown.
export class Problem extends Error {
  constructor(status, sentence, choices = [], wait = 0) {
    super(sentence);
    this.status = status;
    this.choices = choices;
    this.wait = wait;
  }
}

let refused = () => {};

/// What to do when the server no longer takes the proof of who asks.
export function onRefused(then) {
  refused = then;
}

/// The JSON of a reply; with a body it is a POST.
export async function ask(path, { body, method, signal } = {}) {
  const reply = await send(path, { body, method, signal });
  if (reply.status === 204) return null;
  return reply.json();
}

/// Server-sent events of a POST, one `{ event, data }` after another.
export async function* events(path, { body, signal }) {
  const reply = await send(path, { body, signal, accept: "text/event-stream" });
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let kept = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (kept + value).split(/\r?\n\r?\n/);
    kept = parts.pop();
    for (const part of parts) {
      const event = eventOf(part);
      if (event) yield event;
    }
  }
}

function eventOf(part) {
  let name = "message";
  const data = [];
  for (const line of part.split(/\r?\n/)) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  return data.length ? { event: name, data: JSON.parse(data.join("\n")) } : null;
}

/// The problem that a problem document tells.
export function problemOf(document, wait = 0) {
  return new Problem(document.status, sentence(document.detail), document.choices, wait);
}

async function send(path, { body, method, signal, accept = "application/json" }) {
  const headers = { ...(await session.headers()), Accept: accept };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const how = { method: method ?? (body === undefined ? "GET" : "POST"), headers, signal };
  if (body !== undefined) how.body = JSON.stringify(body);
  const reply = await fetch(path, how).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "The server cannot be reached. Try again in a moment.");
  });
  if (reply.ok) return reply;
  const problem = await failed(reply);
  if (problem.status === 401) refused(problem.message);
  throw problem;
}

async function failed(reply) {
  const wait = Number(reply.headers.get("retry-after")) || 0;
  const document = await reply.json().catch(() => ({}));
  if (reply.status === 429) {
    const words = `That was a little fast. Try again in ${wait || 1} s.`;
    return new Problem(429, words, [], wait || 1);
  }
  return problemOf({ detail: `The server replied ${reply.status}.`, ...document, status: reply.status }, wait);
}

/// As people write a sentence: upper case in front, a full stop behind.
function sentence(words) {
  const text = String(words).trim();
  const whole = /[.!?]$/.test(text) ? text : `${text}.`;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
}
