// The report in a file: opened in a browser that is given nothing else.

import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { launch } from "./browser.mjs";
import { days, hostile, HOSTILE, organisation, thousand } from "./organisations.mjs";
import { folder, NOW, run } from "./stage.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

async function opened(...source) {
  const path = join(folder(), "report.html");
  run("report", ...source, "--as-of", NOW, "--output", path);
  const page = await browser.newPage();
  const wrong = [];
  page.on("console", (message) => ["error", "warn"].includes(message.type()) && wrong.push(message.text()));
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("request", (request) => request.url() !== `file://${path}` && wrong.push(request.url()));
  await page.goto(`file://${path}`);
  await page.waitForSelector("#main .summary");
  const told = JSON.parse(readFileSync(path, "utf8").match(/id="figures">(.*?)<\/script>/s)[1]);
  const texts = (selector) => page.$$eval(selector, (all) => all.map((one) => one.textContent.trim()));
  return { page, path, told, wrong, texts };
}

const press = (page, words) => page.locator(`button ::-p-text(${words})`).click();

// The third column of the table below a chart.
async function errorsShown(page) {
  await page.locator(".trend summary").click();
  await page.waitForSelector(".trend tbody tr");
  return page.$$eval(".trend tbody tr td:nth-child(3)", (all) => all.map((one) => one.textContent.replaceAll(",", "")));
}

test("every view is there, and each key opens, without a host", async () => {
  const { page, told, wrong, texts } = await opened("--source", "demo");
  const shown = async () => (await texts(".summary"))[0];
  assert.equal((await texts("tbody tr")).length, 25);
  const views = {
    Usage: "usage_by_key",
    "Over time": "usage_history",
    Change: "compare_usage",
    Findings: "find_anomalies",
    Chargeback: "chargeback_report",
  };
  for (const [tab, tool] of Object.entries(views)) {
    await press(page, tab);
    assert.equal(await shown(), told[tool].summary.replace("DEMO: ", ""));
  }
  await press(page, "Usage");
  for (const [at, { key_id: id, name }] of told.usage_by_key.keys.entries()) {
    await page.$$eval("tbody .opens", (all, place) => all[place].click(), at);
    await page.waitForSelector(".plot svg");
    const title = (await texts("h1"))[0];
    assert.ok(title.startsWith(name));
    assert.equal(await shown(), told.keys[id].summary.replace("DEMO: ", ""));
    const row = told.usage_history.series.find((one) => one.key_id === id);
    if (row) assert.equal((await texts(".plot .hit")).length, row.counts.length);
    if (row) assert.deepEqual(await errorsShown(page), told.keys[id].errors.map(String));
    await press(page, "← Back");
  }
  assert.deepEqual(wrong, []);
});

test("no button is there that needs a server", async () => {
  const { texts } = await opened("--source", "demo");
  assert.deepEqual(
    (await texts("button")).filter((words) => /Refresh|List them|Charge$|Expand/.test(words)),
    [],
  );
  assert.deepEqual(await texts("select"), []);
});

test("hostile names are text, in a file too", async () => {
  const { page, wrong, texts } = await opened(...hostile());
  assert.equal((await texts("tbody tr")).length, HOSTILE.length);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal((await texts("#main img, #main script")).length, 0);
  assert.deepEqual(wrong, []);
});

test("a thousand keys fit, open and sort", async () => {
  const { page, path, told, wrong, texts } = await opened(...thousand());
  assert.ok(statSync(path).size < 2_000_000, `${statSync(path).size} bytes`);
  assert.equal((await texts("tbody tr")).length, 1000);
  await press(page, "Errors");
  await press(page, "Errors");
  const shown = await texts("tbody .opens");
  const first = told.usage_by_key.keys.find((key) => key.name === shown[0]);
  assert.equal(first.error_count, Math.min(...told.usage_by_key.keys.map((key) => key.error_count)));
  await page.locator("tbody tr:first-child .opens").click();
  await page.waitForSelector(".plot svg");
  assert.deepEqual(wrong, []);
});

test("an organisation without figures for a question gets the reason", async () => {
  const { page, told, texts } = await opened(...organisation(["only"], days(1, 21)));
  await press(page, "Change");
  assert.ok((await texts(".banner.error"))[0].includes(told.compare_usage.wrong));
});
