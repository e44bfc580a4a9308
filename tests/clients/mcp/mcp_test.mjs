// Runs the official TypeScript client of the Model Context Protocol, unchanged, against a served precis
// and against one that the client starts by itself.
//
// PRECIS_URL is the address of /mcp and PRECIS_KEY an API key; PRECIS_PROGRAM and PRECIS_CONFIG are the
// program and its config. Exits with 1 at the first thing that is not as it should be.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { problemsOf } from "./lint.mjs";

const { PRECIS_URL: url, PRECIS_KEY: key, PRECIS_PROGRAM: program, PRECIS_CONFIG: config } = process.env;
const calls = JSON.parse(readFileSync(new URL("calls.json", import.meta.url), "utf8"));

function overHttp(bearer) {
  const requestInit = { headers: { Authorization: `Bearer ${bearer}` } };
  return new StreamableHTTPClientTransport(new URL(url), { requestInit });
}

function started() {
  const args = ["--config", config, "mcp", "--stdio"];
  return new StdioClientTransport({ command: program, args, stderr: "inherit" });
}

async function someCase(client) {
  const query = { query: "alarm", object: "Case", limit: 1 };
  const found = await client.callTool({ name: "search_knowledge", arguments: query });
  return found.structuredContent.results[0].record_id;
}

async function testTools(client) {
  assert.equal(client.getServerVersion().name, "precis");
  const { tools } = await client.listTools();
  const names = tools.map((tool) => tool.name).sort();
  assert.deepEqual(names, [...new Set(calls.good.map((call) => call.tool))].sort());
  assert.deepEqual(tools.flatMap(problemsOf), []);
}

async function testGoodCalls(client) {
  const record = await someCase(client);
  for (const call of calls.good) {
    const filled = JSON.parse(JSON.stringify(call.arguments).replaceAll("{case}", record));
    const result = await client.callTool({ name: call.tool, arguments: filled });
    const about = JSON.stringify(call);
    const [text, ...links] = result.content;
    assert.ok(!result.isError, `${about}: ${text.text}`);
    assert.equal(text.type, "text", about);
    assert.ok(text.text.length > 40, about);
    assert.ok(Object.keys(result.structuredContent).length > 0, about);
    assert.ok(links.length > 0, about);
    for (const link of links) {
      assert.equal(link.type, "resource_link", about);
      assert.ok(link.name && link.uri.startsWith("http"), about);
    }
  }
}

async function testMistakes(client) {
  for (const call of calls.mistaken) {
    const result = await client.callTool({ name: call.tool, arguments: call.arguments });
    assert.equal(result.isError, true, JSON.stringify(call));
    assert.ok(result.content[0].text.includes(call.told), `${call.told}: ${result.content[0].text}`);
  }
  await assert.rejects(client.callTool({ name: "drop_table", arguments: {} }), /get_record/);
}

async function testStrangers() {
  const stranger = new Client({ name: "tests", version: "1" });
  await assert.rejects(stranger.connect(overHttp("wrong")), /401|[Uu]nauthorized|invalid_token/);
}

for (const transport of [overHttp(key), started()]) {
  const client = new Client({ name: "tests", version: "1" });
  await client.connect(transport);
  await testTools(client);
  await testGoodCalls(client);
  await testMistakes(client);
  await client.close();
}
await testStrangers();
console.log("TypeScript client: all as it should be");
