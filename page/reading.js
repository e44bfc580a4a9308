// The reading pane: a record with the quote that somebody came for, and what stands there before.

import * as api from "./api.js";
import { el, fill, key, outward, waiting } from "./dom.js";
import * as routes from "./routes.js";
import * as sync from "./sync.js";
import { day, marked, named, objectName } from "./words.js";

/// Fields with long texts come first; the others are a table.
const LONG = 90;

/// What is shown now, for `c` and the other keys.
let shown = null;

export const current = () => shown;

/// Notes what the keys are about: a citation, and a case or an account if there is one.
export function about(what) {
  shown = what;
}

export function welcome() {
  about(null);
  const line = (name, words) => el("li", {}, key(name), " ", words);
  return el("div", { class: "welcome" },
    el("h2", {}, "Find it, cite it, solve it"),
    el("p", {}, "Type to search cases, articles, emails and accounts that you may read. Press Enter for an answer with its sources."),
    el("ul", { class: "hints" },
      line("/", "to the search box"), line("↓", "through the results"), line("Enter", "opens, or answers"),
      line("c", "copies a citation"), line("t", "triages a case"), line("?", "all keys")));
}

export function failed(error) {
  about(null);
  const choices = error.choices ?? [];
  const { view } = routes.read();
  return el("div", { class: "failed", role: "alert" },
    el("h2", { tabindex: "-1" }, choices.length ? "Which one?" : "That did not work"),
    el("p", {}, error.message),
    choices.length ? el("ul", { class: "choices" }, choices.map((choice) =>
      el("li", {}, el("a", { href: routes.beside(view, choice.id) }, choice.name ?? choice.title ?? choice.id),
        el("span", { class: "dim" }, ` ${choiceDetail(choice)}`)))) : null);
}

function choiceDetail(choice) {
  const told = Object.entries(choice).filter(([name]) => !["id", "name", "title", "url"].includes(name));
  return told.map(([, value]) => value).filter((value) => typeof value === "string").join(", ");
}

/// The passages of a hit, at once and without another request.
export function preview(pane, hit) {
  const { document: head, passages, translations = [] } = hit;
  about(subject(head));
  fill(pane, heading(head),
    passages.map((passage) => el("section", { class: "field" },
      el("h3", {}, `${objectName(passage.object)} · ${named(passage.field)}`),
      el("p", { class: "text" }, marked(passage.text, passage.highlights, (text) => el("mark", {}, text))))),
    translations.length ? el("p", { class: "dim" }, `Also in ${translations.map((other) => other.language).join(", ")}`) : null,
    el("p", { class: "dim" }, key("Enter"), " shows the whole record"));
}

/// What the keys are about, of a document.
function subject(head) {
  return {
    id: head.id,
    citation: { title: head.title, url: head.url },
    case: head.object === "Case" ? head.id : null,
    account: head.object === "Account" ? head.id : head.account_id,
    url: head.url,
  };
}

function heading(head) {
  const tools = [outward(head.url, "Open in Salesforce")];
  if (head.object === "Case") tools.push(el("a", { href: routes.beside("triage", head.id) }, "Triage"));
  const account = head.object === "Account" ? head.id : head.account_id;
  if (account) tools.push(el("a", { href: routes.beside("brief", account) }, "Account brief"));
  return el("header", { class: "record-head" },
    el("p", { class: "kind-line" }, el("span", { class: "kind" }, objectName(head.object)), ` changed ${day(head.updated_at)}`),
    el("h2", { tabindex: "-1" }, head.title),
    el("p", { class: "links" }, tools));
}

/// The record, with the quote of `at` (`RECORD.FIELD.START-END`) marked and in sight.
export async function show(pane, route, signal) {
  fill(pane, waiting("Reading the record"));
  const read = await api.ask(`/v1/records/${encodeURIComponent(route.name)}`, { signal });
  sync.note(read.as_of);
  about(subject(read.document));
  const quoted = placeOf(route.at);
  fill(pane, heading(read.document), read.records.map((record) => recordText(record, read.document, quoted)));
  const quote = pane.querySelector("mark.quote");
  if (quote) {
    const text = quote.textContent;
    shown.citation = { ...shown.citation, object: quoted.object ?? undefined, field: quoted.field, quote: text };
    quote.scrollIntoView({ block: "center" });
    quote.focus({ preventScroll: true });
  } else {
    pane.scrollTop = 0;
    pane.querySelector("h2").focus();
  }
}

function placeOf(at) {
  const [record, field, span = ""] = at.split("~");
  const [start, end] = span.split("-").map(Number);
  return { record, field, start, end };
}

/// The address of a citation's quote.
export function quoteAt(citation) {
  const at = `${citation.record_id}~${citation.field}~${citation.start}-${citation.end}`;
  return routes.beside("record", citation.record_id, { at });
}

function recordText(record, head, quoted) {
  const isRoot = record.record_id === head.id;
  const wanted = (field) => quoted.record === record.record_id && quoted.field === field.name;
  const isLong = (field) => field.text.length > LONG || field.text.includes("\n") || wanted(field);
  const short = record.fields.filter((field) => !isLong(field));
  const long = record.fields.filter(isLong);
  if (quoted.record === record.record_id) quoted.object = record.object;
  const title = record.file ?? `${objectName(record.object)}${record.written_at ? ` of ${day(record.written_at)}` : ""}`;
  return el("section", { class: isRoot ? "root" : "child" },
    isRoot ? null : el("h3", {}, title),
    long.map((field) => el("div", { class: "field" },
      el(isRoot ? "h3" : "h4", {}, named(field.name)),
      el("div", { class: "text" }, wanted(field)
        ? marked(field.text, [[quoted.start, quoted.end]], (text) => el("mark", { class: "quote", tabindex: "-1" }, text))
        : field.text))),
    short.length ? el("dl", { class: "facts" }, short.map((field) =>
      el("div", {}, el("dt", {}, named(field.name)), el("dd", {}, field.text)))) : null);
}
