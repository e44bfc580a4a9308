// Builds elements. Whatever comes from a record goes in as text and never as markup.

/// An element with attributes, listeners (`onclick`) and children; what is null or false is left out.
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") element.className = value;
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  add(element, children);
  return element;
}

/// Adds children: elements, texts, lists of both.
export function add(parent, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child);
  }
}

/// Puts these children in the place of all that were there.
export function fill(parent, ...children) {
  parent.replaceChildren();
  add(parent, children);
  return parent;
}

/// A link to another site, only if it is one; otherwise its words.
export function outward(address, label, attributes = {}) {
  if (!isWeb(address)) return el("span", {}, label);
  const link = { href: address, target: "_blank", rel: "noopener noreferrer", ...attributes };
  return el("a", link, label, el("span", { class: "visually-hidden" }, " (opens a new tab)"));
}

function isWeb(address) {
  try {
    return ["http:", "https:"].includes(new URL(address).protocol);
  } catch {
    return false;
  }
}

/// A key as it is drawn on a button.
export function key(name) {
  return el("kbd", { "aria-hidden": "true" }, name);
}

let fading;

/// A short word at the foot of the page, which screen readers say too.
export function toast(words) {
  const place = document.getElementById("toast");
  place.textContent = words;
  place.classList.add("shown");
  clearTimeout(fading);
  fading = setTimeout(() => place.classList.remove("shown"), 2600);
}

/// A list of grey lines while something is on its way.
export function waiting(label) {
  const lines = [86, 94, 70, 90, 58].map(() => el("span", { class: "bone" }));
  return el("div", { class: "waiting", role: "status" }, el("span", { class: "visually-hidden" }, label), lines);
}
