// What to know of an account before a call.

import * as api from "./api.js";
import { claims, footnote, marks, sources } from "./cited.js";
import { el, fill, outward, waiting } from "./dom.js";
import { thumbs } from "./feedback.js";
import * as reading from "./reading.js";
import * as routes from "./routes.js";
import * as sync from "./sync.js";

const AUDIENCES = [["sales_call", "Sales call"], ["renewal", "Renewal"], ["executive", "Executive"]];

export async function show(pane, route, signal) {
  reading.about(null);
  if (!route.name) {
    fill(pane, el("header", { class: "record-head" }, el("h2", { tabindex: "-1" }, "Account brief")), form(route));
    return pane.querySelector("input").focus();
  }
  fill(pane, waiting("Writing the brief"));
  const body = { audience: route.audience || "sales_call" };
  if (route.since) body.since = route.since;
  const brief = await api.ask(`/v1/accounts/${encodeURIComponent(route.name)}/brief`, { body, signal });
  sync.note(brief.as_of);
  const { account, citations } = brief;
  reading.about({ citation: { title: account.name, url: account.url }, url: account.url, account: account.id, case: null });
  const told = [account.type, account.industry, [account.city, account.country].filter(Boolean).join(", "), account.owner && `owner ${account.owner.name}`];
  fill(pane,
    el("header", { class: "record-head" },
      el("p", { class: "kind-line" }, el("span", { class: "kind" }, "Brief"), ` ${told.filter(Boolean).join(" · ")}`),
      el("h2", { tabindex: "-1" }, account.name),
      el("p", { class: "links" }, outward(account.url, "Open in Salesforce")),
      audiences(route)),
    el("dl", { class: "figures" }, brief.figures.map((figure) => el("div", { title: figure.definition },
      el("dt", {}, figure.label), el("dd", {}, figure.text, marks(figure.citations.slice(0, 3), citations))))),
    brief.sections.map((section) => el("section", { class: `part ${section.name}` },
      el("h3", {}, section.title), claims(section.claims, citations))),
    thumbs(brief.request_id), sources(citations), footnote(brief));
  pane.scrollTop = 0;
  pane.querySelector("h2").focus();
}

function audiences(route) {
  const now = route.audience || "sales_call";
  return el("p", { class: "tabs" }, AUDIENCES.map(([audience, words]) =>
    el("a", { href: routes.write({ ...route, audience }), "aria-current": audience === now ? "true" : null }, words)));
}

function form(route) {
  const name = el("input", { id: "account", type: "text", required: true, maxlength: "255", autocomplete: "off" });
  const since = el("input", { id: "since", type: "text", maxlength: "40", placeholder: "30d, or 2026-10-01", autocomplete: "off" });
  const audience = el("select", { id: "audience" }, AUDIENCES.map(([value, words]) => el("option", { value }, words)));
  const field = (id, words, input) => el("p", {}, el("label", { for: id }, words), input);
  const form = el("form", { class: "ask" },
    field("account", "Account: its name or id", name), field("audience", "For", audience), field("since", "News since (optional)", since),
    el("button", { type: "submit" }, "Write the brief"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    routes.go({ ...route, view: "brief", name: name.value.trim(), audience: audience.value, since: since.value.trim() });
  });
  return form;
}
