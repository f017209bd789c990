// Names that attack: from a database, and straight from a host that cleans nothing.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { hostile, HOSTILE } from "./organisations.mjs";
import { NOW, serve, Stage } from "./stage.mjs";

const ATTACKS = [
  ...HOSTILE,
  "constructor",
  "\t=1+1",
  "+1",
  "-2+3",
  "\r@x",
  "A".repeat(10_000),
  "\u202E".repeat(50) + "evil",
  "a\u0000b",
  "",
];
let server;
let stage;

before(async () => {
  server = await serve(...hostile(), "--as-of", NOW);
  stage = await Stage.open(server.url);
});
after(async () => {
  await stage?.close();
  server?.stop();
});
beforeEach(() => stage.show());
afterEach(async () => {
  assert.equal(await stage.frame.evaluate(() => window.hacked), undefined);
  assert.equal((await stage.texts("#main img, #main script, #main a, #main iframe")).length, 0);
  assert.deepEqual(stage.errors.splice(0), []);
  assert.deepEqual(stage.left.splice(0), []);
});

const CALLS = [
  ["usage_by_key", {}],
  ["usage_by_key", { group_by: "team" }],
  ["usage_history", { group_by: "key", period: "7d" }],
  ["compare_usage", { period: "7d" }],
  ["find_anomalies", {}],
  ["chargeback_report", { period: "2026-11", group_by: "key", amount: "10" }],
];

for (const [tool, given] of CALLS) {
  test(`every string of ${tool} by ${given.group_by ?? "default"} may be an attack`, async () => {
    const { structuredContent: told } = await stage.tell(tool, given);
    for (const attack of ATTACKS) {
      await stage.give({ content: [{ type: "text", text: attack }], structuredContent: attacked(told, attack) });
      await stage.settled();
    }
    assert.ok(
      (await stage.frame.evaluate(() => document.documentElement.scrollWidth)) <= 800,
      "nothing is pushed aside",
    );
  });
}

test("names from a database are shown as they are, and open", async () => {
  const { structuredContent: told } = await stage.tell("usage_by_key", { limit: 100 });
  assert.deepEqual(
    await stage.texts("tbody .opens"),
    told.keys.map((key) => key.name),
  );
  assert.equal((await stage.text(".summary")).includes("\\"), false);
  for (let at = 0; at < told.keys.length; at += 1) {
    await stage.frame.$$eval("tbody .opens", (all, place) => all[place].click(), at);
    await stage.settled();
    assert.equal(await stage.text("h1 bdi"), told.keys[at].name);
    await stage.pressWords("← Back");
  }
});

test("a name cannot turn what stands beside it", async () => {
  const { structuredContent: told } = await stage.tell("usage_by_key");
  await stage.give({ content: [], structuredContent: attacked(told, "\u202Elive") });
  const isolated = await stage.frame.$$eval("tbody bdi", (all) =>
    all.every((one) => getComputedStyle(one).unicodeBidi === "isolate"),
  );
  assert.equal(isolated, true);
});

test("a spreadsheet runs nothing of a CSV", async () => {
  const { structuredContent: told } = await stage.tell("usage_by_key");
  for (const attack of [
    '=HYPERLINK("http://evil.test")',
    "@SUM(1)",
    "+1+cmd|' /C calc'!A0",
    "-1+1",
    "\t=1",
    'a"b,c\nd',
  ]) {
    await stage.give({ content: [], structuredContent: attacked(told, attack) });
    await stage.pressWords("Save CSV");
    await stage.page.waitForFunction(() => window.told().files.length > 0);
    const { text } = (await stage.told()).files[0];
    await stage.page.evaluate(() => window.told().files.splice(0));
    const cell = /^[=+\-@\t\r]/.test(attack) ? `'${attack}` : attack;
    const written = /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
    assert.ok(text.split("\r\n")[1].startsWith(written), text.slice(0, 200));
  }
});

// The same answer with every name, note and path replaced; figures, times and words of a fixed set stay.
function attacked(value, attack, name = "") {
  if (Array.isArray(value)) return value.map((one) => attacked(one, attack, name));
  if (value && typeof value === "object") {
    const isMap =
      /endpoint|environments|rows|weights/.test(name) && Object.keys(value).some((key) => key.startsWith("/"));
    const pairs = Object.entries(value).map(([key, one]) => [key, attacked(one, attack, key)]);
    return Object.fromEntries(isMap ? [[attack, 1], ...pairs] : pairs);
  }
  const isFree =
    /^(name|team|summary|notes|filters|what|next_step|why|period|terms|label|endpoint|key_id|zone|timezone|currency|file|command)$/.test(
      name,
    );
  return isFree && typeof value === "string" && name !== "file" ? attack : value;
}
