// Results as somebody types, their facets, and the way through them by keyboard.

import * as api from "./api.js";
import { el, fill } from "./dom.js";
import * as reading from "./reading.js";
import * as routes from "./routes.js";
import * as sync from "./sync.js";
import { cut, day, marked, named, objectName } from "./words.js";

/// Milliseconds without a key before it is searched.
const PAUSE = 120;
const LIMIT = 20;
/// Names of filters that are not facets of profiles.
const PLAIN = new Set(["object", "status", "language", "record_type", "owner", "account", "product"]);
const SHOWN_FACETS = ["object", "status", "priority", "type", "category", "language"];
const MOST_VALUES = 6;

const at = (id) => document.getElementById(id);

let last = null;
let pause = 0;
let underway = new AbortController();
let hits = [];
let cursor = null;
let until = 0;

/// Searches as the box changes, and answers when it is sent.
export function watch(box, form) {
  box.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => typed(box.value), PAUSE);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && hits.length) {
      event.preventDefault();
      focus(0);
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(pause);
    const q = box.value.trim();
    if (q) routes.go({ view: "answer", q, filters: routes.read().filters });
  });
  at("results").addEventListener("keydown", moved);
  at("results").addEventListener("focusin", (event) => {
    const hit = hits[indexOf(event.target)];
    if (hit && routes.read().view === "search") reading.preview(at("pane"), hit);
  });
}

/// While somebody types the address changes without new entries in the history.
function typed(q) {
  routes.go({ view: "search", q: q.trim(), filters: routes.read().filters }, { replace: true });
}

/// Has the list show what the route says; what it shows already is not asked for again.
export function follow(route) {
  const wanted = JSON.stringify([route.q, route.filters]);
  const isEmpty = !route.q && !Object.keys(route.filters).length;
  at("panes").classList.toggle("alone", isEmpty);
  if (wanted === last) return;
  last = wanted;
  if (isEmpty) return clear();
  search(route);
}

function clear() {
  underway.abort();
  hits = [];
  fill(at("results"));
  fill(at("facets"));
  at("count").textContent = "";
}

async function search(route, more = null) {
  underway.abort();
  underway = new AbortController();
  const { signal } = underway;
  const body = { query: route.q, filters: filtersOf(route.filters), limit: LIMIT };
  if (more) body.cursor = more;
  try {
    await held(signal);
    const found = await api.ask("/v1/search", { body, signal });
    sync.note(found.as_of);
    cursor = found.next_cursor;
    hits = more ? hits.concat(found.hits) : found.hits;
    draw(found, route, more ? hits.length - found.hits.length : 0);
  } catch (error) {
    if (error.name === "AbortError") return;
    // The same may be tried again.
    last = null;
    if (error.wait) until = Date.now() + error.wait * 1000;
    at("count").textContent = error.message;
  }
}

/// Waits as long as the server has asked for.
function held(signal) {
  const left = until - Date.now();
  if (left <= 0) return Promise.resolve();
  return new Promise((go, stop) => {
    const timer = setTimeout(go, left);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      stop(new DOMException("", "AbortError"));
    });
  });
}

function filtersOf(chosen) {
  const filters = {};
  for (const [name, values] of Object.entries(chosen)) {
    if (name === "is_closed") filters.is_closed = values[0] === "true";
    else if (PLAIN.has(name)) filters[name] = values;
    else (filters.facets ??= {})[name] = values;
  }
  return filters;
}

function draw(found, route, from) {
  if (from === 0) {
    fill(at("results"));
    facets(found.facets, route);
    const count = found.hits.length;
    const more = cursor ? "more than " : "";
    const words = count === 0 ? "Nothing found in what you may read." : `${more}${count} ${count === 1 ? "result" : "results"}`;
    at("count").textContent = [words, ...(found.degraded ?? [])].join(" · ");
  }
  at("more")?.remove();
  at("results").append(...hits.slice(from).map((hit) => item(hit, route)));
  if (cursor) {
    const go = () => search(route, cursor).then(() => focus(hits.length > from ? from + LIMIT : 0));
    at("results").append(el("li", { id: "more" }, el("button", { type: "button", class: "more", onclick: go }, "More results")));
  }
}

function item(hit, route) {
  const { document: head, passages } = hit;
  const best = passages.find((passage) => passage.text !== head.title) ?? passages[0];
  const title = passages.find((passage) => passage.text === head.title);
  const highlight = (text) => el("mark", {}, text);
  return el("li", {}, el("a", { class: "hit", href: routes.write({ ...route, view: "record", name: head.id }), "data-id": head.id },
    el("span", { class: "hit-head" },
      el("span", { class: "kind" }, objectName(head.object)),
      el("span", { class: "day" }, day(head.updated_at))),
    el("span", { class: "hit-title" }, title ? marked(head.title, title.highlights, highlight) : head.title),
    best && best !== title ? el("span", { class: "hit-text" }, excerpt(best, highlight)) : null));
}

/// The part of a passage around its first match.
function excerpt(passage, highlight) {
  const first = passage.highlights[0]?.[0] ?? 0;
  const characters = Array.from(passage.text);
  const from = first > 90 ? characters.indexOf(" ", first - 60) : 0;
  const part = characters.slice(from, from + 220).join("");
  const ranges = passage.highlights
    .map(([start, end]) => [start - from, end - from])
    .filter(([start, end]) => start >= 0 && end <= 220);
  return [from > 0 ? "…" : "", marked(part, ranges, highlight)];
}

function facets(counts, route) {
  const groups = SHOWN_FACETS.filter((name) => (counts[name]?.length ?? 0) > 1 || route.filters[name]);
  const group = (name) => {
    const chosen = route.filters[name] ?? [];
    const values = (counts[name] ?? []).slice(0, MOST_VALUES);
    const missing = chosen.filter((value) => !values.some((known) => known.value === value));
    const all = [...values, ...missing.map((value) => ({ value, count: 0 }))];
    return el("div", { class: "facet", role: "group", "aria-label": `Filter by ${named(name)}` },
      all.map((count) => chip(name, count, chosen, route)));
  };
  const [first, ...rest] = groups;
  const isOpen = rest.some((name) => route.filters[name]);
  fill(at("facets"),
    first ? group(first) : null,
    rest.length ? el("details", { class: "more-facets", open: isOpen }, el("summary", {}, "More filters"), rest.map(group)) : null);
}

function chip(name, { value, label, count }, chosen, route) {
  const isOn = chosen.includes(value);
  const words = label ?? (name === "object" ? objectName(value) : value.replaceAll("_", " "));
  const press = () => {
    const values = isOn ? chosen.filter((other) => other !== value) : [...chosen, value];
    const filters = { ...route.filters, [name]: values };
    if (!values.length) delete filters[name];
    routes.go({ ...route, view: "search", name: "", filters });
  };
  return el("button", { type: "button", class: "chip", "aria-pressed": String(isOn), onclick: press },
    words, el("span", { class: "chip-count" }, ` ${count || ""}`));
}

const links = () => [...at("results").querySelectorAll("a.hit")];
const indexOf = (target) => links().indexOf(target.closest?.("a.hit"));

function focus(index) {
  links()[index]?.focus();
}

/// The hit that has the focus, or that is shown.
export function current() {
  const focused = hits[indexOf(document.activeElement)];
  return focused ?? null;
}

/// Goes back to the list.
export function refocus(id) {
  const shown = links().find((link) => link.dataset.id === id) ?? links()[0];
  (shown ?? at("box")).focus();
}

function moved(event) {
  const steps = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
  const step = event.ctrlKey || event.metaKey || event.altKey ? undefined : steps[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const next = indexOf(event.target) + step;
  if (next < 0) at("box").focus();
  else focus(Math.min(next, links().length - 1));
}

/// A hit as a citation: what of it matches best.
export function citationOf(hit) {
  const { document: head, passages } = hit;
  const best = passages.find((passage) => passage.text !== head.title) ?? passages[0];
  return { title: head.title, url: head.url, object: best?.object, field: best?.field, quote: best && cut(best.text, 300) };
}
