// The keyboard, and its help.

import { hidden } from "./cited.js";
import { copy } from "./copy.js";
import { el, fill, key, toast } from "./dom.js";
import * as reading from "./reading.js";
import * as results from "./results.js";
import * as routes from "./routes.js";

const HELP = [
  ["/", "to the search box"], ["↓ ↑", "through the results; also j and k"], ["Enter", "in the box: answers; on a result: opens it"],
  ["c", "copies the citation of what is chosen"], ["t", "triages the case"], ["b", "briefs on the account"],
  ["o", "opens the record in Salesforce"], ["Esc", "back to the results, then to the box"], ["?", "this help"],
];

const at = (id) => document.getElementById(id);

export function watch() {
  document.addEventListener("keydown", pressed);
  at("help-button").addEventListener("click", help);
}

function isTyping(target) {
  return target.matches?.("input, textarea, select");
}

function pressed(event) {
  if (at("panes").hidden || at("help").open || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") return back(event);
  if (isTyping(event.target)) return;
  const act = { "/": toBox, c: cite, t: triage, b: brief, o: open, "?": help }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

/// What the keys are about: the chosen result, or what is read.
function subject() {
  const hit = results.current();
  if (!hit) return reading.current();
  const { document: head } = hit;
  return {
    citation: results.citationOf(hit), url: head.url,
    case: head.object === "Case" ? head.id : null,
    account: head.object === "Account" ? head.id : head.account_id,
  };
}

function toBox() {
  at("box").focus();
  at("box").select();
}

function cite() {
  const about = subject();
  if (about?.citation) copy(about.citation);
  else toast("Choose a result first");
}

function triage() {
  const about = subject();
  if (about?.case) routes.go({ ...routes.read(), view: "triage", name: about.case, at: "" });
  else toast("This is no case");
}

function brief() {
  const about = subject();
  if (about?.account) routes.go({ ...routes.read(), view: "brief", name: about.account, at: "" });
  else toast("There is no account to it");
}

function open() {
  const url = subject()?.url;
  if (/^https?:/.test(url ?? "")) window.open(url, "_blank", "noopener,noreferrer");
}

/// From the pane to the list, from there to the box, and there away with the words.
function back(event) {
  hidden();
  const { view, name, q, filters } = routes.read();
  if (event.target === at("box")) {
    if (!at("box").value) return;
    event.preventDefault();
    at("box").value = "";
    return routes.go({ view: "search", q: "", filters: {} });
  }
  event.preventDefault();
  if (view !== "search") {
    routes.go({ view: "search", q, filters });
    return results.refocus(name);
  }
  toBox();
}

function help() {
  const dialog = at("help");
  fill(dialog,
    el("h2", { id: "help-title" }, "Keyboard"),
    el("dl", {}, HELP.map(([names, words]) => el("div", {}, el("dt", {}, names.split(" ").map((name) => [key(name), " "])), el("dd", {}, words)))),
    el("form", { method: "dialog" }, el("button", { type: "submit" }, "Close")));
  dialog.querySelectorAll("kbd").forEach((name) => name.removeAttribute("aria-hidden"));
  dialog.showModal();
}
