// Statements with the numbers of their citations: each shows its quote, and leads to where it stands.

import { el, outward } from "./dom.js";
import { copy } from "./copy.js";
import * as reading from "./reading.js";
import { cut, named, objectName } from "./words.js";

const at = (id) => document.getElementById(id);

/// ` 1 2`, each a link to its quote.
export function marks(numbers, citations) {
  const known = numbers.map((number) => citations.find((citation) => citation.number === number));
  return known.filter(Boolean).map((citation) => [" ", mark(citation)]);
}

function mark(citation) {
  const show = (event) => shown(event.currentTarget, citation);
  return el("a", {
    class: "cite", href: reading.quoteAt(citation), "aria-label": `Source ${citation.number}: ${citation.title}`,
    "aria-describedby": "tip", onmouseenter: show, onfocus: show, onmouseleave: hidden, onblur: hidden, onclick: hidden,
    onkeydown: (event) => copied(event, citation),
  }, String(citation.number));
}

/// `c` on a citation copies it and not what the view is about.
function copied(event, citation) {
  if (event.key !== "c" || event.ctrlKey || event.metaKey) return;
  event.stopPropagation();
  copy(citation);
}

function shown(mark, citation) {
  const tip = at("tip");
  tip.replaceChildren(
    el("strong", {}, citation.title),
    el("span", { class: "tip-quote" }, `“${cut(citation.quote, 320)}”`),
    el("span", { class: "dim" }, place(citation)));
  tip.hidden = false;
  const box = mark.getBoundingClientRect();
  const own = tip.getBoundingClientRect();
  const left = Math.max(8, Math.min(box.left - 16, innerWidth - own.width - 8));
  const isAbove = box.top > own.height + 12;
  tip.style.left = `${left}px`;
  tip.style.top = `${isAbove ? box.top - own.height - 6 : box.bottom + 6}px`;
}

export function hidden() {
  at("tip").hidden = true;
}

function place(citation) {
  return `${objectName(citation.object)} · ${named(citation.field)}`;
}

/// All citations with their quotes.
export function sources(citations) {
  if (!citations.length) return null;
  return el("section", { class: "sources" },
    el("h3", {}, "Sources"),
    el("ol", {}, citations.map((citation) => el("li", { value: citation.number },
      el("a", { href: reading.quoteAt(citation), onkeydown: (event) => copied(event, citation) }, citation.title),
      el("span", { class: "dim" }, ` ${place(citation)}`),
      el("blockquote", {}, cut(citation.quote, 280)),
      el("p", { class: "source-tools" },
        outward(citation.url, "Salesforce"),
        el("button", { type: "button", class: "link", onclick: () => copy(citation),
          "aria-label": `Copy citation ${citation.number}` }, "Copy"))))));
}

/// A list of statements.
export function claims(list, citations) {
  return el("ul", { class: "claims" }, list.map((claim) => el("li", {}, claim.text, marks(claim.citations, citations))));
}

/// What a reply went without, and how fresh it is.
export function footnote(reply) {
  const degraded = (reply.degraded ?? []).map((words) => el("p", { class: "warn" }, `Without all means: ${words}.`));
  const model = reply.model === "extractive" ? "Quoted from records, without a language model" : `Written by ${reply.model} and verified against the records`;
  const asOf = reply.as_of ? `, as of ${new Date(reply.as_of).toLocaleString()}` : "";
  return [degraded, el("p", { class: "dim small" }, `${model}${asOf}.`)];
}
