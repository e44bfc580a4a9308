// Whether a reply helped.

import * as api from "./api.js";
import { el, fill, toast } from "./dom.js";

/// Both thumbs; the lower one asks what was wrong.
export function thumbs(requestId) {
  const place = el("div", { class: "thumbs", role: "group", "aria-label": "Did this help?" });
  const send = async (verdict, comment) => {
    const body = { request_id: requestId, verdict };
    if (comment) body.comment = comment;
    try {
      await api.ask("/v1/feedback", { body });
      toast("Thank you");
    } catch (error) {
      toast(error.message);
    }
  };
  const press = (verdict) => {
    for (const thumb of place.querySelectorAll(".thumb")) {
      thumb.setAttribute("aria-pressed", String(thumb.dataset.verdict === verdict));
    }
    send(verdict);
    fill(more, verdict === "down" ? comment(send) : null);
    more.querySelector("textarea")?.focus();
  };
  const thumb = (verdict, word, words) => el("button", {
    type: "button", class: "quiet thumb", "data-verdict": verdict, "aria-pressed": "false", "aria-label": words, title: words,
    onclick: () => press(verdict),
  }, word);
  const more = el("div", {});
  place.append(el("span", { class: "dim small" }, "Did this help?"), thumb("up", "Yes", "Yes, this helped"), thumb("down", "No", "No, this did not help"), more);
  return place;
}

function comment(send) {
  const words = el("textarea", { rows: "2", maxlength: "2000", "aria-label": "What was wrong?", placeholder: "What was wrong? (optional)" });
  const form = el("form", { class: "comment" }, words, el("button", { type: "submit" }, "Send"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (words.value.trim()) send("down", words.value.trim());
    form.remove();
  });
  return form;
}
