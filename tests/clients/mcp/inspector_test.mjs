// Runs the official inspector of the Model Context Protocol as a command against a served precis: the
// schemas by its own strict rules, every tool by each version of the protocol that it speaks, and mistakes.
//
// PRECIS_URL is the address of /mcp, PRECIS_KEY an API key. Exits with 1 at the first thing that is not as
// it should be.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const { PRECIS_URL: url, PRECIS_KEY: key } = process.env;
const inspector = fileURLToPath(new URL("node_modules/.bin/mcp-inspector", import.meta.url));
const calls = JSON.parse(readFileSync(new URL("calls.json", import.meta.url), "utf8"));

// What the inspector ends with when a tool says that it could not do it.
const TOLD_AN_ERROR = 5;

function inspect(era, ...more) {
  const server = [url, "--transport", "http", "--protocol-era", era, "--header", `Authorization: Bearer ${key}`];
  const ended = spawnSync(inspector, ["--cli", ...server, "--quiet", ...more], { encoding: "utf8" });
  return { status: ended.status, said: ended.stdout ? JSON.parse(ended.stdout) : null, error: ended.stderr };
}

function call(era, tool, args) {
  const given = ["--tool-name", tool, "--tool-args-json", JSON.stringify(args)];
  return inspect(era, "--method", "tools/call", ...given);
}

function testTools(era) {
  const listed = inspect(era, "--method", "tools/list", "--strict");
  assert.equal(listed.status, 0, listed.error);
  assert.equal(listed.said.tools.length, new Set(calls.good.map((call) => call.tool)).size);
}

function testGoodCalls(era) {
  const found = call(era, "search_knowledge", { query: "alarm", object: "Case", limit: 1 });
  const record = found.said.structuredContent.results[0].record_id;
  for (const { tool, arguments: args } of calls.good) {
    const filled = JSON.parse(JSON.stringify(args).replaceAll("{case}", record));
    const { status, said, error } = call(era, tool, filled);
    assert.equal(status, 0, `${tool}: ${error}`);
    assert.ok(said.structuredContent, tool);
    assert.deepEqual([...new Set(said.content.map((block) => block.type))], ["text", "resource_link"], tool);
  }
}

function testMistakes(era) {
  for (const { tool, arguments: args, told } of calls.mistaken) {
    const { status, said, error } = call(era, tool, args);
    assert.equal(status, TOLD_AN_ERROR, `${tool}: ${error}`);
    assert.ok(said.content[0].text.includes(told), `${told}: ${said.content[0].text}`);
  }
}

for (const era of ["legacy", "modern"]) {
  testTools(era);
  testGoodCalls(era);
  testMistakes(era);
}
console.log("inspector: all as it should be");
