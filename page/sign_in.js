// The door: a key, or Microsoft Entra ID by the authorization code flow with PKCE (RFC 7636).

import { el, fill } from "./dom.js";
import * as session from "./session.js";

const PENDING = "precis.sign-in";

let settings = { sign_in: null };

/// Reads how people sign in and ends a sign-in that is under way. Whether somebody is in.
export async function begin() {
  const reply = await fetch("/page/settings.json").catch(() => null);
  if (!reply?.ok) throw new Error("The server cannot be reached. Try again in a moment.");
  settings = await reply.json();
  session.renewWith(renewed);
  const given = new URLSearchParams(location.search);
  if (given.has("code") || given.has("error")) await returned(given);
  return session.kept() !== null;
}

/// Shows the door. `then` is called once somebody is in.
export function open(door, words, then) {
  const key = el("input", { id: "key", type: "password", required: true, autocomplete: "off", spellcheck: "false" });
  const form = el("form", { class: "ask" },
    el("p", {}, el("label", { for: "key" }, "API key"), key),
    el("button", { type: "submit" }, "Continue with this key"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    session.keep({ key: key.value.trim() });
    then();
  });
  const byDirectory = settings.sign_in
    ? el("button", { type: "button", class: "primary", onclick: () => leave().catch((error) => open(door, error.message, then)) }, "Sign in with Microsoft")
    : null;
  fill(door, el("div", { class: "door-box" },
    el("h1", {}, el("img", { src: "/page/icon.svg", alt: "", width: "36", height: "36" }), " precis"),
    el("p", {}, "Answers over your Salesforce records, each statement with its source."),
    words ? el("p", { class: "warn", role: "alert" }, words) : null,
    byDirectory,
    byDirectory ? el("details", {}, el("summary", {}, "Use a key instead"), form) : form,
    el("p", { class: "dim small" }, "What proves who you are stays in this tab. You see what Salesforce lets you see, and every question is on the audit trail.")));
  (byDirectory ?? key).focus();
}

const place = (name) => `${settings.sign_in.authority}/oauth2/v2.0/${name}`;
const home = () => `${location.origin}/`;

/// Sends the browser to the directory.
async function leave() {
  const { client_id, scope } = settings.sign_in;
  const verifier = random(48);
  const pending = { verifier, state: random(16), nonce: random(16), hash: location.hash };
  sessionStorage.setItem(PENDING, JSON.stringify(pending));
  const challenge = encoded(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier)));
  const query = new URLSearchParams({
    client_id, response_type: "code", redirect_uri: home(), response_mode: "query", scope: `${scope} openid offline_access`,
    state: pending.state, nonce: pending.nonce, code_challenge: challenge, code_challenge_method: "S256",
  });
  location.assign(`${place("authorize")}?${query}`);
}

/// Comes back from the directory with a code.
async function returned(given) {
  const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? "null");
  sessionStorage.removeItem(PENDING);
  history.replaceState(null, "", `/${pending?.hash ?? ""}`);
  if (!pending || given.get("state") !== pending.state) throw new Error("This sign-in was not begun here. Sign in again.");
  if (given.has("error")) throw new Error(given.get("error_description")?.split("\n")[0] ?? `The directory says: ${given.get("error")}.`);
  await exchanged({ grant_type: "authorization_code", code: given.get("code"), redirect_uri: home(), code_verifier: pending.verifier }, pending.nonce);
}

async function renewed(proof) {
  if (!proof.refresh) return proof;
  return exchanged({ grant_type: "refresh_token", refresh_token: proof.refresh }).catch(() => proof);
}

async function exchanged(grant, nonce = null) {
  const { client_id, scope } = settings.sign_in;
  const body = new URLSearchParams({ client_id, scope: `${scope} openid offline_access`, ...grant });
  const reply = await fetch(place("token"), { method: "POST", body }).catch(() => null);
  const told = await reply?.json().catch(() => null);
  if (!reply?.ok) throw new Error(told?.error_description?.split("\n")[0] ?? "The directory cannot be reached. Try again.");
  if (nonce && told.id_token && payload(told.id_token).nonce !== nonce) throw new Error("The directory's answer is for another sign-in. Sign in again.");
  const proof = { token: told.access_token, refresh: told.refresh_token, expires: Date.now() + (told.expires_in ?? 300) * 1000 };
  session.keep(proof);
  return proof;
}

/// What a token says; whether it is true is for the server.
function payload(token) {
  const part = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(atob(part));
}

function random(bytes) {
  return encoded(crypto.getRandomValues(new Uint8Array(bytes)));
}

/// Base64 for addresses (RFC 4648, section 5).
function encoded(bytes) {
  const text = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
