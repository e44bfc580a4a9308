// What to do with a case: proposals, articles and cases that help, what to ask, and a reply to look over.

import * as api from "./api.js";
import { claims, footnote, marks, sources } from "./cited.js";
import { el, fill, outward, toast, waiting } from "./dom.js";
import { thumbs } from "./feedback.js";
import * as reading from "./reading.js";
import * as routes from "./routes.js";
import * as sync from "./sync.js";
import { day } from "./words.js";

export async function show(pane, route, signal) {
  reading.about(null);
  if (!route.name) {
    fill(pane, el("header", { class: "record-head" }, el("h2", { tabindex: "-1" }, "Triage")), form(pane, route));
    return pane.querySelector("input").focus();
  }
  fill(pane, waiting("Reading the case and cases like it"));
  draw(pane, await api.ask(`/v1/cases/${encodeURIComponent(route.name)}/triage`, { body: {}, signal }));
}

function draw(pane, triage) {
  sync.note(triage.as_of);
  const { citations } = triage;
  const head = triage.case;
  if (head) reading.about({ id: head.id, citation: { title: head.title, url: head.url }, url: head.url, case: head.id, account: null });
  const part = (title, ...content) => el("section", { class: "part" }, el("h3", {}, title), content);
  const said = (title, list) => (list.length ? part(title, claims(list, citations)) : null);
  fill(pane,
    el("header", { class: "record-head" },
      el("p", { class: "kind-line" }, el("span", { class: "kind" }, "Triage"), head?.number ? ` ${head.number}` : " new case"),
      el("h2", { tabindex: "-1" }, head?.title ?? "A new case"),
      head ? el("p", { class: "links" }, outward(head.url, "Open in Salesforce"), el("a", { href: routes.beside("record", head.id) }, "Read the case")) : null),
    triage.escalation.recommended ? el("p", { class: "warn strong" }, "Somebody should look at this at once.") : null,
    proposals(triage.proposal, citations),
    said("Summary", triage.summary), said("The customer wants", triage.wants),
    said(triage.escalation.recommended ? "Why to escalate" : "Signs to watch", triage.escalation.signals),
    triage.articles.length ? part("Articles that apply", triage.articles.map((article) => el("div", { class: "card" },
      el("h4", {}, el("a", { href: routes.beside("record", article.document.id) }, article.document.title)),
      article.steps.length ? claims(article.steps, citations) : null))) : null,
    triage.similar_cases.length ? part("Similar cases", triage.similar_cases.map((similar) => likeIt(similar, citations))) : null,
    triage.duplicates.length ? part("Maybe the same", el("ul", { class: "claims" }, triage.duplicates.map((same) =>
      el("li", {}, el("a", { href: routes.beside("record", same.document.id) }, same.document.title), `: ${same.reason}`, marks(same.citations, citations))))) : null,
    triage.missing.length ? part("To ask for", el("ul", { class: "claims" }, triage.missing.map((missing) =>
      el("li", {}, missing.text, el("span", { class: "dim" }, ` (${missing.reason})`), marks(missing.citations, citations))))) : null,
    reply(triage.reply_draft, part),
    triage.timeline.length ? part("What happened", el("ul", { class: "timeline" }, triage.timeline.map((entry) =>
      el("li", {}, el("span", { class: "dim" }, `${day(entry.at)} ${entry.who} `), entry.text, marks(entry.citations, citations))))) : null,
    thumbs(triage.request_id), sources(citations), footnote(triage));
  pane.scrollTop = 0;
  pane.querySelector("h2").focus();
}

function proposals(proposal, citations) {
  const row = ([name, proposed]) => el("div", {},
    el("dt", {}, name),
    el("dd", {}, el("strong", {}, proposed.value ?? "–"),
      proposed.value ? el("span", { class: "dim" }, ` ${Math.round(proposed.confidence * 100)} %`) : null,
      proposed.current && proposed.current !== proposed.value ? el("span", { class: "dim" }, `, now ${proposed.current}`) : null,
      el("span", { class: "why" }, proposed.reason, marks(proposed.citations.slice(0, 4), citations))));
  const rows = [["Priority", proposal.priority], ["Type", proposal.type], ["Product", proposal.product], ["Queue", proposal.queue]];
  return el("section", { class: "part" }, el("h3", {}, "Proposed"), el("dl", { class: "proposals" }, rows.map(row)));
}

function likeIt(similar, citations) {
  return el("div", { class: "card" },
    el("h4", {}, el("a", { href: routes.beside("record", similar.document.id) }, similar.document.title)),
    el("p", { class: "dim" }, similar.similarity_reason),
    similar.resolution ? el("p", {}, el("strong", {}, "Solved: "), similar.resolution.text, marks(similar.resolution.citations, citations)) : null,
    similar.articles.map((article) => el("p", {}, "Article: ", el("a", { href: routes.beside("record", article.id) }, article.title))));
}

function reply(draft, part) {
  if (!draft.text) return null;
  const copy = () => navigator.clipboard.writeText(draft.text).then(() => toast("Reply copied"), () => toast("The browser does not let this page copy"));
  return part("Reply, to look over", el("div", { class: "text draft" }, draft.text),
    el("button", { type: "button", onclick: copy }, "Copy the reply"));
}

function form(pane, route) {
  const number = el("input", { id: "case", type: "text", maxlength: "80", autocomplete: "off" });
  const subject = el("input", { id: "subject", type: "text", maxlength: "255", autocomplete: "off" });
  const description = el("textarea", { id: "description", rows: "6", maxlength: "4000" });
  const field = (id, words, input) => el("p", {}, el("label", { for: id }, words), input);
  const form = el("form", { class: "ask" },
    field("case", "Case: its number or id", number),
    el("p", { class: "or" }, "or a new one"),
    field("subject", "Subject", subject), field("description", "What the customer says", description),
    el("button", { type: "submit" }, "Triage"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (number.value.trim()) return routes.go({ ...route, view: "triage", name: number.value.trim() });
    fill(pane, waiting("Looking for cases like it"));
    try {
      draw(pane, await api.ask("/v1/triage", { body: { subject: subject.value, description: description.value } }));
    } catch (error) {
      fill(pane, reading.failed(error), form);
    }
  });
  return form;
}
