// Starts the page: signs in, then shows what the address says.

import * as answer from "./answer.js";
import * as api from "./api.js";
import * as brief from "./brief.js";
import * as door from "./sign_in.js";
import { fill, toast } from "./dom.js";
import * as keys from "./keys.js";
import * as reading from "./reading.js";
import * as results from "./results.js";
import * as routes from "./routes.js";
import * as session from "./session.js";
import * as sync from "./sync.js";
import * as triage from "./triage.js";

const at = (id) => document.getElementById(id);
const views = { record: reading.show, answer: answer.show, brief: brief.show, triage: triage.show };

let underway = new AbortController();

/// Shows what the address says. What was on its way for the view before is given up.
async function show() {
  underway.abort();
  underway = new AbortController();
  const { signal } = underway;
  const route = routes.read();
  const view = views[route.view];
  document.body.dataset.view = route.view;
  if (at("box") !== document.activeElement || !at("box").value) at("box").value = route.q;
  results.follow(route);
  const pane = at("pane");
  if (!view) return fill(pane, reading.welcome());
  try {
    await view(pane, route, signal);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof api.Problem)) console.error(error);
    fill(pane, reading.failed(error));
    pane.querySelector("h2").focus();
  }
}

function enter() {
  at("door").hidden = true;
  at("top").hidden = at("panes").hidden = false;
  sync.watch();
  at("box").focus();
  show();
}

function leave(words) {
  session.forget();
  at("top").hidden = at("panes").hidden = true;
  at("door").hidden = false;
  door.open(at("door"), words, enter);
}

async function start() {
  api.onRefused((words) => leave(words));
  results.watch(at("box"), at("search-form"));
  keys.watch();
  window.addEventListener("hashchange", show);
  window.addEventListener("popstate", show);
  window.addEventListener("route", show);
  at("leave-button").addEventListener("click", () => leave(""));
  at("skip").addEventListener("click", (event) => {
    event.preventDefault();
    at("pane").focus();
  });
  try {
    const isIn = await door.begin();
    if (isIn) enter();
    else leave("");
  } catch (error) {
    leave(error.message);
  }
}

start().catch((error) => toast(error.message));
