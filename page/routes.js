// Where the page is: `#/VIEW/NAME?q=…`. Everything that is shown can be linked to and gone back to.

const VIEWS = new Set(["search", "record", "answer", "brief", "triage"]);

/// The route of an address's hash. `filters` holds the facets that were chosen.
export function read(hash = location.hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [view, ...name] = path.split("/");
  const given = new URLSearchParams(query);
  const filters = {};
  for (const [key, value] of given) {
    if (key.startsWith("f.")) (filters[key.slice(2)] ??= []).push(value);
  }
  return {
    view: VIEWS.has(view) ? view : "search",
    name: decoded(name.join("/")),
    q: given.get("q") ?? "",
    at: given.get("at") ?? "",
    audience: given.get("audience") ?? "",
    since: given.get("since") ?? "",
    filters,
  };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/// The hash of a route.
export function write(route) {
  const query = new URLSearchParams();
  for (const name of ["q", "at", "audience", "since"]) {
    if (route[name]) query.set(name, route[name]);
  }
  for (const [facet, values] of Object.entries(route.filters ?? {})) {
    values.forEach((value) => query.append(`f.${facet}`, value));
  }
  const name = route.name ? `/${encodeURIComponent(route.name)}` : "";
  const view = route.view === "search" ? "" : `${route.view}${name}`;
  const tail = query.toString();
  return `#/${view}${tail ? `?${tail}` : ""}`;
}

/// The address of a view beside the present search, for a link.
export function beside(view, name, more = {}) {
  const { q, filters } = read();
  return write({ view, name, q, filters, ...more });
}

/// Goes to a route: as a new entry of the history, or in the place of the present one.
export function go(route, { replace = false } = {}) {
  const hash = write(route);
  if (hash === (location.hash || "#/")) return;
  if (replace) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
  window.dispatchEvent(new Event("route"));
}
