// Citations for the clipboard: what is said, where it stands, and its address.

import { toast } from "./dom.js";
import { objectName, named } from "./words.js";

/// One citation as text.
export function text({ title, object, field, quote, url }) {
  const where = object && field ? ` (${objectName(object)}, ${named(field)})` : "";
  const said = quote ? `“${quote.replace(/\s+/g, " ").trim()}”\n` : "";
  return `${said}${title}${where}\n${url}`;
}

export async function copy(citation) {
  try {
    await navigator.clipboard.writeText(text(citation));
    toast("Citation copied");
  } catch {
    toast("The browser does not let this page copy");
  }
}
