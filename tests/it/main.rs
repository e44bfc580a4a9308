//! End-to-end tests: the program as people start it, over HTTP, against a Salesforce org in a box.

/// Starts programs and asks them.
mod support;

/// Third-party clients, installed once.
#[path = "../clients/installing.rs"]
mod installing;

/// Edits an org while it is synced.
mod edits;

/// Random orgs, people and questions against an oracle of who may read what.
mod access;
/// What an admin sees and sets of the syncs: status, schedules, budget, metrics, requests.
mod admin;
/// Generated answers, with an Azure OpenAI in a box: verified, repaired, dropped.
mod answer;
/// Files that hang on records.
mod attachments;
/// Who asked what: the trail, its chain, its readers, and Azure.
mod audit;
/// Wrong settings, wrong credentials, wrong bodies: one clear sentence each, and nothing breaks.
mod bad_input;
/// Briefs on accounts: figures, quotes, choices, formats.
mod brief;
/// Adaptive Cards of answers, briefs and triages.
mod cards;
/// Who has the last word on a record, services, and why somebody cannot see it.
mod confirm;
/// TLS, limits, headers: what stands between the network and a question.
mod connections;
/// The knowledge source of Copilot Studio, and its package.
mod copilot;
/// The demo's questions find their records, and each citation is where it says.
mod demo;
/// What the examples of running it name is there.
mod deploy;
/// Measuring answers and rankings, and trying prompts.
mod evaluation;
/// Whether a reply helped: who may say so, and where it is told.
mod feedback;
/// Who asks: Entra tokens, API keys, and how often they may.
mod identity;
/// What Salesforce itself knows of articles: the cases that they solved, and their translations.
mod links;
/// The Model Context Protocol, as its clients speak it.
mod mcp;
/// The official clients of the Model Context Protocol.
mod mcp_clients;
/// The description of the interface, and the page to read it on.
mod openapi;
/// The page for people, in a real browser.
mod page;
/// Nobody is shown what Salesforce would not show them.
mod permissions;
/// One record to read: its text, its tag, and who may read it.
mod records;
/// A sync that is killed goes on where it was and ends equal to one that was not.
mod resume;
/// A Qdrant server: an index on it, readers of it, and what is left when it is away.
mod scaling;
/// Filters, facets, order, pages, likeness, exact names, and why.
mod search;
/// No secret, no question and no record text in any log.
mod secrets;
/// Whatever fails on the way, the end is the same, and each failure is counted.
mod storm;
/// Traces and metrics as a collector gets them.
mod telemetry;
/// What people see in a terminal, and what programs get through a pipe.
mod terminal;
/// Triage of cases: what it proposes occurs, what it quotes stands there, what it shows may be read.
mod triage;
/// Secrets out of a key vault.
mod vaults;
