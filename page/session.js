// The proof of who asks: a key, or a token of Entra ID. It stays in this tab and goes with it.

const STORE = "precis.session";

let renew = null;

/// What is kept: `{ key }` or `{ token, refresh, expires }`.
export function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(STORE) ?? "null");
  } catch {
    return null;
  }
}

export function keep(proof) {
  sessionStorage.setItem(STORE, JSON.stringify(proof));
}

export function forget() {
  sessionStorage.removeItem(STORE);
}

/// How a token that runs out is made new.
export function renewWith(how) {
  renew = how;
}

/// The headers that prove who asks.
export async function headers() {
  let proof = kept();
  if (!proof) return {};
  if (proof.token && renew && Date.now() > proof.expires - 60_000) proof = await renew(proof);
  return { Authorization: `Bearer ${proof.key ?? proof.token}` };
}
