// Uses the page in a real Chromium, as a service agent does: by keyboard alone, in light, dark and on a phone.
//
// node page_test.mjs URL KEY [SCREENSHOTS]: the address of a precis that serves the demo org, an API key, and a
// folder for pictures. CHROMIUM names the browser. Exits with 1 if anything is not as it should be.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [, , base, key, pictures] = process.argv;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DESK = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };
/// A service agent's task may take this long, in milliseconds of machine time.
const TASK = 10_000;
const DIRECTORY = "https://login.example";

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
if (pictures) mkdirSync(pictures, { recursive: true });

/// A new tab that notes what must not happen.
async function tab(viewport = DESK) {
  const context = await browser.newContext({ viewport, permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  page.wrong = [];
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== base && origin !== DIRECTORY) page.wrong.push(`asked ${origin}`);
  });
  page.on("console", (line) => {
    const isExpected = /status of 40[019]|status of 404/.test(line.text());
    if (line.type() === "error" && !isExpected) page.wrong.push(line.text());
  });
  page.on("pageerror", (error) => page.wrong.push(error.stack));
  page.setDefaultTimeout(60_000);
  return page;
}

async function signedIn(viewport) {
  const page = await tab(viewport);
  await page.goto(base);
  await page.waitForSelector("#key:focus");
  await page.keyboard.type(key);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#box:focus");
  return page;
}

const copied = (page) => page.evaluate(() => navigator.clipboard.readText());
const text = (page, selector) => page.textContent(selector);

async function toBox(page) {
  // Within the box it is a letter like others.
  if (!(await page.$("#box:focus"))) await page.keyboard.press("/");
  await page.waitForSelector("#box:focus");
}

/// Types words and waits for what is found for them: the reply.
async function typed(page, words) {
  await toBox(page);
  const isFound = (reply) => reply.url().endsWith("/v1/search") && reply.request().postDataJSON().query === words;
  const found = page.waitForResponse(isFound);
  await page.keyboard.type(words);
  const reply = await found;
  await page.waitForSelector(".hit");
  return reply;
}

async function go(page, hash, selector) {
  await page.goto(`${base}/#${hash}`);
  await page.waitForSelector(selector);
}

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: `${pictures}/${name}.png` });
}

const tests = {
  async "the article for a problem is found and its citation copied, by keyboard alone"(page) {
    const begun = Date.now();
    await typed(page, "freezer locked out pressure alarm E17 kelda 700");
    await page.keyboard.press("ArrowDown");
    await page.waitForSelector(".hit:focus");
    assert.match(await text(page, ".hit:focus .kind"), /Article/);
    await page.keyboard.press("c");
    await page.waitForSelector("#toast.shown");
    const citation = await copied(page);
    assert.match(citation, /second-stage pressure lockout/);
    assert.match(citation, /\nhttps?:\S+\/lightning\/r\//);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".record-head h2:focus");
    return Date.now() - begun;
  },

  async "a case is opened and its triage read, by keyboard alone"(page) {
    const begun = Date.now();
    await typed(page, "00001835");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("t");
    await page.waitForSelector(".proposals");
    assert.match(await text(page, "#pane h2"), /Hall B/);
    assert.match(await text(page, ".proposals"), /Priority.*High/s);
    assert.ok((await page.$$(".card")).length > 1);
    return Date.now() - begun;
  },

  async "results come while somebody types, with highlights, and quickly"(page) {
    const times = [];
    for (const words of ["alarm", "alarm at", "alarm at night", "co2 drift", "battery E41"]) {
      const reply = await typed(page, words);
      await reply.finished();
      times.push(reply.request().timing());
      await page.waitForSelector(".hit mark");
      await page.fill("#box", "");
    }
    const took = times.map((time) => time.responseEnd - time.requestStart).sort((one, other) => one - other);
    return `median ${took[took.length >> 1].toFixed(0)} ms a search`;
  },

  async "facets narrow the results and stand in the address"(page) {
    await typed(page, "alarm");
    await page.getByRole("button", { name: /^Article/ }).click();
    await page.waitForSelector(".chip[aria-pressed=true]");
    await page.waitForFunction(() => [...document.querySelectorAll(".hit .kind")].every((kind) => kind.textContent === "Article"));
    assert.match(page.url(), /f\.object=Knowledge__kav/);
    await page.goBack();
    await page.waitForSelector(".chip[aria-pressed=true]", { state: "detached" });
  },

  async "an answer has citations that show their quote and lead to it"(page) {
    await toBox(page);
    await page.keyboard.type("How do I reset the admin PIN?");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".sources");
    await page.focus(".claim .cite");
    await page.waitForSelector("#tip:not([hidden])");
    const quote = (await text(page, "#tip .tip-quote")).replace(/[“”]/g, "");
    await page.keyboard.press("c");
    await page.waitForSelector("#toast.shown");
    assert.ok((await copied(page)).includes(quote.slice(0, 60)));
    await page.keyboard.press("Enter");
    await page.waitForSelector("mark.quote:focus");
    assert.equal((await text(page, "mark.quote")).slice(0, 60), quote.slice(0, 60));
    await page.goBack();
    await page.waitForSelector(".sources");
    await page.getByRole("button", { name: "Yes, this helped" }).click();
    await page.waitForFunction(() => document.getElementById("toast").textContent === "Thank you");
  },

  async "what nobody knows is not answered"(page) {
    await go(page, "/answer?q=Who+won+the+chess+championship+of+Iceland+in+1931%3F", ".claim");
    await page.waitForSelector(".thumbs");
    assert.match(await text(page, ".said"), /I do not know/);
  },

  async "a brief has figures with sources, for several audiences"(page) {
    await page.getByRole("link", { name: "Brief", exact: true }).click();
    await page.fill("#account", "Aurelin Biobank");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".figures");
    assert.match(await text(page, ".figures"), /Open pipeline/);
    await page.getByRole("link", { name: "Executive" }).click();
    await page.waitForSelector('.tabs a[aria-current="true"]:text("Executive")');
    await go(page, "/brief/Brenning", ".choices, .figures, .failed");
  },

  async "a case that does not exist yet is triaged"(page) {
    await go(page, "/triage", "#subject");
    await page.fill("#subject", "E17 on a Kelda 700");
    await page.fill("#description", "It stays at -38 °C and one compressor is silent.");
    await page.getByRole("button", { name: "Triage" }).click();
    await page.waitForSelector(".proposals");
  },

  async "what is wrong is said in a sentence"(page) {
    await go(page, "/record/500000000000000AAA", ".failed");
    assert.match(await text(page, ".failed p"), /No record that you can read.*\.$/);
    await page.keyboard.press("?");
    await page.waitForSelector("dialog[open]");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog[open]", { state: "detached" });
    await page.keyboard.press("Escape");
    await page.waitForSelector("#box:focus");
  },

  async "what a record says stays text"(page) {
    const hostile = '<img src=x onerror="alert(1)"><b>x</b>';
    await page.route("**/v1/search", async (route) => {
      const reply = await route.fetch();
      const found = await reply.json();
      const [hit] = found.hits;
      hit.document.title = hostile;
      hit.document.url = "javascript:alert(1)";
      hit.passages[0].text = hostile;
      hit.passages[0].highlights = [[1, 4]];
      await route.fulfill({ response: reply, json: found });
    });
    await typed(page, "alarm");
    await page.keyboard.press("ArrowDown");
    await page.waitForSelector("#pane h2");
    assert.equal(await text(page, "#pane h2"), hostile);
    assert.equal(await page.$("#pane img, #results img, #pane b"), null);
    assert.equal(await page.$('a[href^="javascript"]'), null);
  },
};

/// Signs in with a directory that stands in for Entra ID and checks what it is sent (RFC 7636).
async function directory() {
  const page = await tab();
  const asked = {};
  await page.route(`${base}/page/settings.json`, (route) => route.fulfill({
    json: { sign_in: { authority: `${DIRECTORY}/tenant`, client_id: "the-page", scope: "api://precis/access_as_user" } },
  }));
  await page.route((url) => url.origin === base && url.pathname === "/", async (route) => {
    const reply = await route.fetch();
    const headers = reply.headers();
    headers["content-security-policy"] = headers["content-security-policy"].replace("connect-src 'self'", `connect-src 'self' ${DIRECTORY}`);
    await route.fulfill({ response: reply, headers });
  });
  await page.route(`${DIRECTORY}/tenant/oauth2/v2.0/authorize**`, (route) => {
    Object.assign(asked, Object.fromEntries(new URL(route.request().url()).searchParams));
    const back = `${asked.redirect_uri}?code=the-code&state=${asked.state}`;
    return route.fulfill({ contentType: "text/html", body: `<meta http-equiv="refresh" content="0;url=${back}">` });
  });
  await page.route(`${DIRECTORY}/tenant/oauth2/v2.0/token`, (route) => {
    const sent = new URLSearchParams(route.request().postData());
    const challenge = createHash("sha256").update(sent.get("code_verifier")).digest("base64url");
    const isRight = challenge === asked.code_challenge && sent.get("code") === "the-code";
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const token = `${part({})}.${part({ nonce: asked.nonce })}.`;
    return route.fulfill({
      status: isRight ? 200 : 400,
      headers: { "access-control-allow-origin": base },
      json: isRight ? { access_token: key, id_token: token, expires_in: 3600 } : { error_description: "wrong verifier" },
    });
  });
  await page.goto(`${base}/#/?q=alarm`);
  await page.getByRole("button", { name: "Sign in with Microsoft" }).click();
  await page.waitForSelector(".hit");
  assert.deepEqual([asked.code_challenge_method, asked.response_type, asked.client_id], ["S256", "code", "the-page"]);
  assert.ok(asked.scope.startsWith("api://precis/access_as_user"));
  assert.ok(!page.url().includes("code="), page.url());
  await page.goto(`${base}/?code=stolen&state=other`);
  await page.waitForSelector(".warn");
  return page;
}

async function strangers() {
  const page = await tab();
  await page.goto(base);
  await page.keyboard.type("precis_wrong");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#box:focus");
  await page.keyboard.type("alarm");
  await page.waitForSelector(".door [role=alert]");
  assert.match(await text(page, ".door [role=alert]"), /key/);
  return page;
}

/// Every view, as axe-core judges it (WCAG 2.2 AA), and nothing to scroll sideways.
async function everybody(viewport, colorScheme) {
  const page = await signedIn(viewport);
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  const name = `${viewport === PHONE ? "phone" : "desk"}-${colorScheme}`;
  for (const [hash, selector] of [
    ["/", ".welcome"], ["/?q=alarm", ".hit"], ["/record/00001835?q=alarm", ".facts"], ["/answer?q=How+do+I+reset+the+admin+PIN%3F", ".sources"],
    ["/brief", "#account"], ["/brief/Aurelin%20Biobank", ".figures"], ["/triage", "#subject"], ["/triage/00001835", ".proposals"],
    ["/record/nothing", ".failed"],
  ]) {
    await page.goto(`${base}/#${hash}`);
    await page.waitForSelector(selector, { state: viewport === PHONE ? "attached" : "visible" });
    await page.waitForTimeout(150);
    await picture(page, `${name}${hash.replace(/[^a-z]+/gi, "-")}`);
    await judged(page, `${name} ${hash}`);
  }
  await page.getByRole("button", { name: "Keyboard help" }).click();
  await judged(page, `${name} help`);
  return page;
}

async function judged(page, where) {
  const { violations } = await page.evaluate(`${axe}; axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })`);
  const told = violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
  assert.deepEqual(told, [], where);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${where} is ${wide} pixels too wide`);
}

async function door() {
  const page = await tab();
  await page.goto(base);
  await page.waitForSelector("#key");
  await picture(page, "door");
  await judged(page, "door");
  return page;
}

let failed = 0;

async function check(name, run) {
  try {
    const told = await run();
    console.log(`ok      ${name}${told === undefined ? "" : ` (${typeof told === "number" ? `${told} ms` : told})`}`);
    if (typeof told === "number") assert.ok(told < TASK, `it took ${told} ms`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.stack}`);
  }
}

async function within(open, use = async () => {}) {
  const page = await open();
  const told = await use(page);
  assert.deepEqual(page.wrong, []);
  await page.context().close();
  return told;
}

for (const [name, use] of Object.entries(tests)) await check(name, () => within(signedIn, use));
await check("people sign in with a directory", () => within(directory));
await check("a wrong key is told", () => within(strangers));
await check("the door is open to everybody", () => within(door));
for (const viewport of [DESK, PHONE]) {
  for (const scheme of ["light", "dark"]) {
    await check(`every view is for everybody: ${viewport.width} pixels, ${scheme}`, () => within(() => everybody(viewport, scheme)));
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
