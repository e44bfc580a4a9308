// Reads cards as clients do, with Microsoft's own reader of Adaptive Cards, as clients of version 1.5.
//
// node card_test.mjs FILE…: each a card as JSON. Exits with 1 if the reader has a word to say about one.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

globalThis.window ??= globalThis;
const { AdaptiveCard, SerializationContext, Versions } = createRequire(import.meta.url)("adaptivecards/dist/adaptivecards.js");

let failed = 0;
for (const file of process.argv.slice(2)) {
  const context = new SerializationContext(Versions.v1_5);
  const card = new AdaptiveCard();
  card.parse(JSON.parse(readFileSync(file, "utf8")), context);
  const told = Array.from({ length: context.eventCount }, (_, at) => context.getEventAt(at).message);
  told.push(...card.validateProperties().validationEvents.map((event) => event.message));
  if (!card.getItemCount()) told.push("it has no elements");
  if (told.length) failed += 1;
  for (const message of told) console.error(`${file}: ${message}`);
}
process.exit(failed || process.argv.length < 3 ? 1 : 0);
