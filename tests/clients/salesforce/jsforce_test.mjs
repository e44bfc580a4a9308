// Runs jsforce, unchanged, against an org in a box. Exits with 1 at the first thing that is not as it
// should be.

import assert from "node:assert/strict";
import { createSign } from "node:crypto";
import { readFileSync } from "node:fs";

import jsforce from "jsforce";

const url = process.env.DEVORG_URL;
const clientId = process.env.DEVORG_CLIENT_ID;
const clientSecret = process.env.DEVORG_CLIENT_SECRET;
const username = process.env.DEVORG_USERNAME;
const accounts = Number(process.env.DEVORG_ACCOUNTS);

function connection(secret = clientSecret) {
  return new jsforce.Connection({
    instanceUrl: url,
    oauth2: { clientId, clientSecret: secret, loginUrl: url },
  });
}

async function signIn() {
  const conn = connection();
  await conn.authorize({ grant_type: "client_credentials" });
  return conn;
}

function assertion() {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    iss: clientId,
    sub: username,
    aud: "https://login.salesforce.com",
    exp: Math.floor(Date.now() / 1000) + 120,
  };
  const text = `${part({ alg: "RS256" })}.${part(claims)}`;
  const key = readFileSync(process.env.DEVORG_PRIVATE_KEY);
  return `${text}.${createSign("RSA-SHA256").update(text).sign(key, "base64url")}`;
}

async function testLogin() {
  const conn = connection();
  const grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer";
  const user = await conn.authorize({ grant_type, assertion: assertion() });
  assert.equal(user.id.slice(0, 3), "005");
  assert.equal((await conn.identity()).username, username);
  const wrong = connection("wrong").authorize({ grant_type: "client_credentials" });
  await assert.rejects(wrong, { name: "invalid_client" });
}

async function testDescribe(conn) {
  const { sobjects } = await conn.describeGlobal();
  assert.ok(sobjects.some((object) => object.name === "Account"));
  const { fields } = await conn.describe("Account");
  assert.ok(fields.some((field) => field.name === "External_Key__c" && field.externalId));
  assert.ok((await conn.limits()).DailyApiRequests.Max > 0);
  assert.ok(conn.limitInfo.apiUsage.used > 0);
}

async function testQuery(conn) {
  const page = await conn.query("SELECT Id, Name FROM Account ORDER BY Name");
  assert.deepEqual([page.totalSize, page.done], [accounts, false]);
  const next = await conn.queryMore(page.nextRecordsUrl);
  assert.equal(page.records.length + next.records.length, accounts);
  const all = await conn.query("SELECT Id FROM Account", { autoFetch: true, maxFetch: 10000 });
  assert.equal(all.records.length, accounts);
  const found = await conn
    .sobject("Contact")
    .find({ LastName: { $like: "Tact%" } }, "Id, Name, Account.Name")
    .sort({ LastName: 1 })
    .limit(5);
  assert.equal(found.length, 5);
  assert.match(found[0].Account.Name, /^Account /);
  assert.equal(await conn.sobject("Contact").count({ LastName: "Tact 1" }), 1);
}

async function testRecords(conn) {
  const object = conn.sobject("Account");
  const created = await object.create({ Name: "Script GmbH", External_Key__c: "js-1" });
  assert.ok(created.success && created.id.length === 18);
  const updated = await object.update({ Id: created.id, Industry: "Energy" });
  assert.ok(updated.success);
  assert.equal((await object.retrieve(created.id)).Industry, "Energy");
  const upserted = await object.upsert({ External_Key__c: "js-1", Name: "Script AG" }, "External_Key__c");
  assert.ok(upserted.success);
  assert.equal((await object.retrieve(created.id)).Name, "Script AG");

  const several = await object.create([{ Name: "One" }, { Name: "Two" }, {}]);
  assert.deepEqual(several.map((result) => result.success), [true, true, false]);
  assert.equal(several[2].errors[0].statusCode, "REQUIRED_FIELD_MISSING");
  const ids = several.slice(0, 2).map((result) => result.id);
  const names = (await object.retrieve(ids)).map((record) => record.Name);
  assert.deepEqual(names, ["One", "Two"]);
  assert.ok((await object.destroy(ids)).every((result) => result.success));
  assert.ok((await object.destroy(created.id)).success);

  const minutes = (count) => new Date(Date.now() + count * 60000).toISOString();
  const deleted = await object.deleted(minutes(-10), minutes(10));
  assert.ok(deleted.deletedRecords.some((record) => record.id === created.id));
  const scanned = await conn
    .query(`SELECT Id, IsDeleted FROM Account WHERE Id = '${created.id}'`, { scanAll: true });
  assert.equal(scanned.records[0].IsDeleted, true);
}

async function testBulk(conn) {
  conn.bulk2.pollInterval = 50;
  const stream = await conn.bulk2.query("SELECT Id, Name, Description FROM Account");
  const records = await stream.toArray();
  assert.equal(records.length, accounts);
  assert.match(records[0].Description, /^One line\.\nAnother, with a comma and a "quote"\.$/);
  const input = ["Load 1", "Load 2", ""].map((name) => ({ LastName: name, Title: "Loaded" }));
  const loaded = await conn.bulk2.loadAndWaitForResults({ object: "Contact", operation: "insert", input });
  assert.equal(loaded.successfulResults.length, 2);
  assert.match(loaded.failedResults[0].sf__Error, /REQUIRED_FIELD_MISSING/);
}

async function testErrors(conn) {
  await assert.rejects(conn.query("SELECT Nope FROM Account"), { errorCode: "INVALID_FIELD" });
  await assert.rejects(conn.query("SELECT"), { errorCode: "MALFORMED_QUERY" });
  await assert.rejects(conn.sobject("Nope").describe(), { errorCode: "NOT_FOUND" });
  await assert.rejects(conn.sobject("Account").create({}), { errorCode: "REQUIRED_FIELD_MISSING" });
  const stranger = new jsforce.Connection({ instanceUrl: url, accessToken: "wrong" });
  await assert.rejects(stranger.limits(), { errorCode: "INVALID_SESSION_ID" });
}

async function testExpiredSession() {
  let refreshed = 0;
  const conn = new jsforce.Connection({
    instanceUrl: url,
    accessToken: "expired",
    refreshFn: async (_conn, callback) => {
      refreshed += 1;
      callback(null, (await signIn()).accessToken);
    },
  });
  assert.ok((await conn.query("SELECT Id FROM Account LIMIT 1")).done);
  assert.equal(refreshed, 1);
}

await testLogin();
const conn = await signIn();
await testDescribe(conn);
await testQuery(conn);
await testRecords(conn);
await testBulk(conn);
await testErrors(conn);
await testExpiredSession();
console.log("jsforce: all as it should be");
