// Names as people say them.

const OBJECTS = {
  Knowledge__kav: "Article", Case: "Case", CaseComment: "Comment", EmailMessage: "Email", Task: "Task", Event: "Event",
  Account: "Account", Contact: "Contact", Opportunity: "Opportunity", Contract: "Contract", ContentNote: "Note",
  ContentVersion: "File", Lead: "Lead", Product2: "Product",
};

/// `Firmware_Version__c` as "Firmware Version".
export function named(name) {
  return name.replace(/__(c|kav|pc)$/, "").replaceAll("_", " ").replace(/([a-z])([A-Z])/g, "$1 $2");
}

export function objectName(object) {
  return OBJECTS[object] ?? named(object);
}

export function day(text) {
  return text ? text.slice(0, 10) : "";
}

/// At most `most` characters, with a sign that there was more.
export function cut(text, most) {
  const flat = text.replace(/\s+/g, " ").trim();
  return flat.length <= most ? flat : `${flat.slice(0, most).replace(/\s\S*$/, "")} …`;
}

/// A text with ranges of it marked. Offsets count characters as the server does: Unicode scalar values.
export function marked(text, ranges, mark) {
  const characters = Array.from(text);
  const parts = [];
  let end = 0;
  for (const [from, to] of ranges) {
    if (from < end || to > characters.length) continue;
    parts.push(characters.slice(end, from).join(""), mark(characters.slice(from, to).join("")));
    end = to;
  }
  parts.push(characters.slice(end).join(""));
  return parts;
}
