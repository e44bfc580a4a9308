// An answer, statement by statement as each is verified.

import * as api from "./api.js";
import { footnote, marks, sources } from "./cited.js";
import { el, fill, outward, waiting } from "./dom.js";
import { thumbs } from "./feedback.js";
import * as reading from "./reading.js";
import * as sync from "./sync.js";
import { objectName } from "./words.js";

/// The last answer, so that who comes back from a quote finds it as it was.
let kept = { q: null, reply: null };

export async function show(pane, route, signal) {
  reading.about(null);
  const q = route.q.trim();
  const head = el("header", { class: "record-head" }, el("p", { class: "kind-line" }, el("span", { class: "kind" }, "Answer")), el("h2", { tabindex: "-1" }, q));
  const said = el("div", { class: "said", "aria-live": "polite" });
  if (kept.q === q && kept.reply) {
    fill(pane, head, said);
    return finish(said, pane, kept.reply);
  }
  const pending = waiting("Looking for an answer");
  fill(pane, head, said, pending);
  const known = [];
  for await (const { event, data } of api.events("/v1/answer", { body: { question: q }, signal })) {
    if (signal.aborted) return;
    if (event === "problem") throw api.problemOf(data);
    if (event === "claim") {
      known.push(...data.new_citations);
      said.append(el("p", { class: "claim" }, data.text, marks(data.citations, known)));
    }
    if (event === "answer") {
      pending.remove();
      kept = { q, reply: data };
      finish(said, pane, data);
    }
  }
}

function finish(said, pane, reply) {
  sync.note(reply.as_of);
  const { citations } = reply;
  if (reply.answered) {
    fill(said, reply.claims.map((claim) => el("p", { class: "claim" }, claim.text, marks(claim.citations, citations))));
  } else {
    fill(said, el("p", { class: "claim" }, "I do not know: this is not in the records that you can see."), nearest(reply.nearest));
  }
  const dropped = reply.verification.dropped;
  const first = citations[0];
  if (first) reading.about({ citation: first, url: first.url, case: null, account: null });
  pane.append(...[
    dropped ? el("p", { class: "dim small" }, `${dropped} sentences of the model had no support and are not shown.`) : null,
    thumbs(reply.request_id), sources(citations), ...footnote(reply).flat(),
  ].filter(Boolean));
}

function nearest(documents) {
  if (!documents.length) return null;
  return [el("h3", {}, "Nearest to the question"), el("ul", { class: "claims" }, documents.map((head) =>
    el("li", {}, outward(head.url, head.title), el("span", { class: "dim" }, ` ${objectName(head.object)}`))))];
}

