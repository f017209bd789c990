// The page in a host, fed by the demo: what a person can do with it.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { NOW, serve, Stage } from "./stage.mjs";

const NAMES = "tbody th.name .opens";
let server;
let stage;

before(async () => {
  server = await serve("--source", "demo", "--as-of", NOW);
  stage = await Stage.open(server.url);
});
after(async () => {
  await stage?.close();
  server?.stop();
});
beforeEach(() => stage.show());
afterEach(() => {
  assert.deepEqual(stage.errors.splice(0), [], "the console is quiet");
  assert.deepEqual(stage.left.splice(0), [], "no request leaves the page");
});

const rows = async (tool, given) => (await stage.client.callTool({ name: tool, arguments: given })).structuredContent;

test("the figures of the answer stand on the page", async () => {
  const { structuredContent: told } = await stage.tell("usage_by_key");
  assert.equal(await stage.text(".summary"), told.summary.replace("DEMO: ", ""));
  assert.equal(await stage.text(".demo"), "DEMO: made-up figures");
  assert.deepEqual(
    await stage.texts(NAMES),
    told.keys.map((key) => key.name),
  );
  const shown = await stage.texts("tbody td[data-label=Requests] .above");
  assert.deepEqual(
    shown.map((words) => Number(words.replaceAll(",", ""))),
    told.keys.map((key) => key.request_count),
  );
});

test("each of six tools has its view", async () => {
  const asked = {
    usage_by_key: "Usage by API key",
    usage_history: "Usage over time",
    compare_usage: "What changed",
    find_anomalies: "Findings",
    chargeback_report: "Chargeback",
  };
  for (const [tool, title] of Object.entries(asked)) {
    const { structuredContent: told } = await stage.tell(tool);
    assert.equal(await stage.text("h1"), title);
    assert.equal(await stage.text(".summary"), told.summary.replace("DEMO: ", ""));
  }
  await stage.tell("key_details", { key: "cart-bots" });
  assert.match(await stage.text("h1"), /^cart-bots/);
});

test("every tool that is shown names the page", async () => {
  const { tools } = await stage.client.listTools();
  const shown = tools.filter((tool) => tool._meta?.ui).map((tool) => tool.name);
  assert.deepEqual(shown, [
    "usage_by_key",
    "key_details",
    "compare_usage",
    "usage_history",
    "find_anomalies",
    "chargeback_report",
  ]);
});

test("a heading sorts, and sorts the other way when it is pressed again", async () => {
  const { structuredContent: told } = await stage.tell("usage_by_key", { limit: 100 });
  const errors = told.keys.map((key) => key.error_count);
  const shown = async () =>
    (await stage.texts("tbody td[data-label=Errors] .above")).map((words) => Number(words.replaceAll(",", "")));
  await stage.frame.locator("th.number ::-p-text(Errors)").click();
  assert.deepEqual(
    await shown(),
    errors.toSorted((one, other) => other - one),
  );
  assert.equal(await stage.frame.$eval("th[aria-sort]", (one) => one.getAttribute("aria-sort")), "descending");
  await stage.said(/Sorted by Errors, most first/);
  await stage.frame.locator("th.number ::-p-text(Errors)").click();
  assert.deepEqual(
    await shown(),
    errors.toSorted((one, other) => one - other),
  );
});

test("a word and the environment filter the rows, and the rest is told", async () => {
  const { structuredContent: told } = await stage.tell("usage_by_key", { limit: 100 });
  await stage.frame.type("input[type=search]", "check");
  const named = told.keys.filter((key) => `${key.name} ${key.key_id} ${key.team}`.includes("check"));
  assert.deepEqual(
    await stage.texts("tbody tr:not([hidden]) .opens"),
    named.map((key) => key.name),
  );
  assert.equal(await stage.text(".shown"), `${named.length} of 25 keys`);
  await stage.press("input[value=test]");
  const tests = named.filter((key) => key.environment === "test");
  assert.deepEqual(
    await stage.texts("tbody tr:not([hidden]) .opens"),
    tests.map((key) => key.name),
  );
  await stage.said(new RegExp(`${tests.length} of 25 keys`));
});

test("a key opens with its days, its findings and their usual range, and back leads back", async () => {
  await stage.tell("usage_by_key");
  await stage.frame.type("input[type=search]", "newsletter");
  await stage.pressWords("newsletter-signup");
  await stage.settled();
  const told = await rows("key_details", { key: "key_72c9a5", period: "current" });
  const history = await rows("usage_history", { key: "key_72c9a5", period: "current", usual: true });
  const found = (await rows("find_anomalies", { key: "key_72c9a5", period: "current" })).findings;
  assert.equal(await stage.text(".summary"), told.summary.replace("DEMO: ", ""));
  assert.equal((await stage.texts(".plot .hit")).length, history.buckets.length);
  assert.equal((await stage.texts(".plot .mark")).length, found.length);
  const ranged = history.usual.low.filter((low) => low !== null);
  assert.equal((await stage.texts(".plot .usual")).length, ranged.length);
  assert.ok(ranged.length > 15, `${ranged.length} days have a range`);
  assert.match(await stage.text(".finding"), /144\.9 times the usual/);
  const calls = (await stage.told()).calls.map((call) => call.name);
  assert.deepEqual(calls.toSorted(), ["find_anomalies", "key_details", "usage_history"]);
  await stage.pressWords("← Back");
  assert.equal(await stage.text("h1"), "Usage by API key");
  assert.equal(await stage.frame.$eval("input[type=search]", (field) => field.value), "newsletter");
  assert.deepEqual((await stage.told()).calls.length, 3, "nothing is asked twice");
});

test("nothing jumps when the days and findings of a key arrive", async () => {
  const real = stage.callTool;
  stage.callTool = async (params) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return real(params);
  };
  await stage.frame.evaluate(() => {
    window.moved = 0;
    new PerformanceObserver((list) => {
      for (const one of list.getEntries()) window.moved += one.value;
    }).observe({ type: "layout-shift" });
  });
  await stage.tell("key_details", { key: "newsletter-signup" });
  stage.callTool = real;
  assert.equal((await stage.texts(".finding")).length, 1);
  assert.ok((await stage.frame.evaluate(() => window.moved)) < 0.02);
});

test("everything is reached and done by the keyboard alone", async () => {
  await stage.tell("usage_by_key", { limit: 3 });
  await stage.frame.focus("nav button");
  const reached = [];
  for (let step = 0; step < 40; step += 1) {
    const { name, isSeen } = await stage.frame.evaluate(() => {
      const one = document.activeElement;
      const style = getComputedStyle(one.matches("input[type=radio]") ? one.nextElementSibling : one);
      return {
        name: one.getAttribute("aria-label") ?? (one.textContent || one.value),
        isSeen: style.outlineStyle === "solid",
      };
    });
    assert.ok(isSeen || step === 0, `the focus on ${name} is seen`);
    reached.push(name);
    if (name === "List them") break;
    await stage.page.keyboard.press("Tab");
  }
  const wanted = [
    "Over time",
    "Period",
    "Refresh",
    "Filter by name, id or team",
    "all",
    "Save CSV",
    "Key",
    "Errors",
    "rate",
    "payments-fraud",
    "Copy the row of payments-fraud",
  ];
  assert.deepEqual(
    wanted.filter((name) => !reached.includes(name)),
    [],
  );
  await stage.frame.focus("tbody .opens");
  await stage.page.keyboard.press("Enter");
  await stage.settled();
  assert.match(await stage.text("h1"), /^payments-fraud/);
  assert.equal(await stage.frame.evaluate(() => document.activeElement.id), "title");
});

test("the focus stays where it was when figures are fresh, and goes where rows were added", async () => {
  await stage.tell("usage_by_key");
  const focused = () => stage.frame.evaluate(() => document.activeElement.textContent || document.activeElement.id);
  await stage.frame.locator("button ::-p-text(Refresh)").click();
  await stage.settled();
  assert.equal(await focused(), "Refresh");
  const { structuredContent: told } = await stage.tell("usage_by_key");
  await stage.frame.locator("button ::-p-text(List them)").click();
  await stage.said(/All are listed/);
  assert.equal((await stage.texts("tbody .opens"))[told.keys.length], await focused());
});

test("back leads to the place in the list that was left", async () => {
  await stage.page.setViewport({ width: 800, height: 300 });
  await stage.tell("usage_by_key");
  await stage.frame.evaluate(() => window.scrollTo(0, 400));
  await stage.frame.$$eval("tbody .opens", (all) => all[7].click());
  await stage.settled();
  await stage.pressWords("← Back");
  assert.equal(await stage.frame.evaluate(() => window.scrollY), 400);
  await stage.page.setViewport({ width: 800, height: 900 });
});

test("arrow keys walk through the days, and each is told in words", async () => {
  await stage.tell("usage_history", { key: "newsletter-signup", period: "7d" });
  await stage.frame.focus(".plot");
  const words = () => stage.frame.$eval(".plot", (plot) => plot.getAttribute("aria-valuetext"));
  await stage.page.keyboard.press("Home");
  assert.equal(await words(), "2026-11-15: 44 requests · 0 errors · observed in part");
  await stage.page.keyboard.press("ArrowRight");
  assert.equal(await words(), "2026-11-16: 70 requests · 3 errors");
  await stage.page.keyboard.press("End");
  assert.match(await words(), /^2026-11-22: 80 requests · 1 error · observed in part/);
  assert.equal(await stage.text(".readout"), await words());
});

test("refresh asks the same question again, and keeps order and filter", async () => {
  await stage.tell("usage_by_key", { period: "7d", limit: 5 });
  await stage.frame.locator("th.number ::-p-text(Errors)").click();
  await stage.frame.type("input[type=search]", "e");
  const before = await stage.texts("tbody tr:not([hidden]) .opens");
  await stage.pressWords("Refresh");
  await stage.settled();
  await stage.said(/The figures are fresh/);
  assert.deepEqual((await stage.told()).calls, [{ name: "usage_by_key", arguments: { period: "7d", limit: 5 } }]);
  assert.deepEqual(await stage.texts("tbody tr:not([hidden]) .opens"), before);
});

test("another period asks anew, and keeps what else was asked", async () => {
  await stage.tell("usage_by_key", { start: "2026-11-01", end: "2026-11-08", environment: "live" });
  await stage.frame.select("select", "7d");
  await stage.settled();
  assert.deepEqual((await stage.told()).calls, [
    { name: "usage_by_key", arguments: { environment: "live", period: "7d" } },
  ]);
  assert.equal(await stage.text(".filters"), "Only: environment=live");
});

test("a tab asks another question about the same period", async () => {
  await stage.tell("usage_by_key", { period: "7d" });
  await stage.pressWords("Change");
  await stage.settled();
  assert.equal(await stage.text("h1"), "What changed");
  assert.deepEqual((await stage.told()).calls, [{ name: "compare_usage", arguments: { period: "7d" } }]);
  assert.equal(await stage.text("nav [aria-current=page]"), "Change");
});

test("the rest is listed on request, and the sums stay those of the answer", async () => {
  const { structuredContent: told } = await stage.tell("usage_by_key");
  assert.equal(told.keys.length, 10);
  await stage.pressWords("List them");
  await stage.frame.waitForFunction(() => document.querySelectorAll("tbody tr").length === 25);
  assert.equal((await stage.texts("tfoot tr")).length, 0);
  assert.equal(await stage.text(".summary"), told.summary.replace("DEMO: ", ""));
});

test("the steps of a change lead from one sum to the other", async () => {
  const { structuredContent: told } = await stage.tell("compare_usage", { limit: 5 });
  const steps = await stage.frame.$$eval(".step rect", (all) =>
    all.map((one) => ({
      kind: one.getAttribute("class"),
      from: Number(one.getAttribute("x")),
      wide: Number(one.getAttribute("width")),
    })),
  );
  assert.deepEqual(
    steps.map((one) => one.kind),
    [
      "whole",
      ...told.rows.map((row) => (row.change < 0 ? "down" : "up")),
      told.rest.change < 0 ? "down" : "up",
      "whole",
    ],
  );
  const ends = steps.map((one) => one.from + (one.kind === "down" ? 0 : one.wide));
  const begins = steps.map((one) => (one.kind === "down" ? one.from + one.wide : one.from));
  steps
    .slice(1, -1)
    .forEach((_, at) =>
      assert.ok(Math.abs(begins[at + 1] - ends[at]) < 3.5, `step ${at + 1} begins where the one before ended`),
    );
  assert.ok(Math.abs(ends.at(-1) - ends.at(-2)) < 3.5);
});

test("a chargeback shows its total, and an amount that is typed is charged", async () => {
  await stage.tell("chargeback_report", { period: "2026-10" });
  assert.match(await stage.text(".tile"), /Shares only/);
  await stage.frame.type("input[inputmode=decimal]", "1200");
  await stage.pressWords("Charge");
  await stage.settled();
  assert.match((await stage.texts("tfoot tr")).at(-1), /^Total.*1,200\.00$/);
  assert.deepEqual(await stage.texts("tbody td[data-label=EUR] .above"), [
    "425.59",
    "308.64",
    "224.56",
    "186.32",
    "54.89",
  ]);
});

test("the host saves a CSV of what is shown", async () => {
  const { structuredContent: told } = await stage.tell("usage_by_key", { limit: 4 });
  await stage.pressWords("Save CSV");
  await stage.said(/Saved edgedns-usage-2026-11-01-2026-11-22\.csv/);
  const [file] = (await stage.told()).files;
  assert.equal(file.mimeType, "text/csv");
  const [head, first, ...rest] = file.text.trimEnd().split("\r\n");
  assert.equal(
    head,
    "name,key_id,environment,team,request_count,share_percent,error_count,error_percent,last_activity",
  );
  assert.equal(first, "payments-fraud,key_562be1,live,payments,42398,15.5,657,1.5,2026-11-22T14:59:29Z");
  assert.equal(rest.length, told.keys.length - 1);
});

test("where the host saves no files, the text can be copied", async () => {
  await stage.show({ capabilities: { serverTools: {} } });
  await stage.tell("usage_by_key", { limit: 2 });
  await stage.frame.locator("::-p-text(Save CSV)").click();
  assert.match(await stage.frame.$eval("dialog textarea", (field) => field.value), /^name,key_id,/);
  await stage.frame.locator("dialog .strong").click();
  await stage.said(/Copied edgedns-usage/);
  await stage.page.keyboard.press("Escape");
  await stage.frame.waitForFunction(() => !document.querySelector("dialog"));
});

test("a row is copied with its name", async () => {
  await stage.tell("usage_by_key", { limit: 2 });
  await stage.frame.locator("tbody tr:nth-child(2) .icon").click();
  await stage.said(/Copied the row of rollout-check/);
});

test("a host that lets no page ask gets a page that does not", async () => {
  await stage.show({ capabilities: {} });
  await stage.tell("key_details", { key: "cart-bots" });
  assert.equal((await stage.texts("nav, select")).length, 0);
  assert.match(await stage.text(".tall .banner"), /lets no page ask/);
  assert.deepEqual((await stage.told()).calls, []);
});

test("the host's theme, insets and teardown are obeyed, and its size is told", async () => {
  await stage.tell("usage_by_key");
  const ground = () => stage.frame.$eval("html", (root) => getComputedStyle(root).backgroundColor);
  assert.equal(await ground(), "rgb(255, 255, 255)");
  await stage.page.evaluate(() =>
    window.changeContext({
      theme: "dark",
      safeAreaInsets: { top: 40, right: 0, bottom: 0, left: 0 },
      availableDisplayModes: ["inline", "fullscreen"],
      displayMode: "inline",
    }),
  );
  await stage.frame.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  assert.equal(await ground(), "rgb(20, 22, 27)");
  assert.equal(await stage.frame.$eval("#page", (page) => getComputedStyle(page).paddingTop), "56px");
  await stage.pressWords("Expand");
  await stage.page.waitForFunction(() => window.told().modes.length === 1);
  const high = await stage.frame.$eval("#page", (page) => Math.ceil(page.getBoundingClientRect().height));
  await stage.page.waitForFunction((size) => window.told().sizes.at(-1)?.height === size, {}, high);
  assert.deepEqual(await stage.page.evaluate(() => window.teardown()), {});
});

test("a page listens to its host alone", async () => {
  await stage.tell("usage_by_key");
  await stage.frame.evaluate(() =>
    window.postMessage(
      {
        jsonrpc: "2.0",
        method: "ui/notifications/tool-result",
        params: { isError: true, content: [{ type: "text", text: "forged" }] },
      },
      "*",
    ),
  );
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(await stage.text("h1"), "Usage by API key");
  assert.equal((await stage.texts(".banner.error")).length, 0);
});

test("an answer that comes late does not overwrite a newer one", async () => {
  await stage.tell("usage_by_key");
  const real = stage.callTool;
  let release;
  stage.callTool = async (params) => {
    const answer = await real(params);
    if (params.arguments.period === "30d")
      await new Promise((resolve) => {
        release = resolve;
      });
    return answer;
  };
  await stage.frame.select("select", "30d");
  await stage.frame.select("select", "7d");
  await stage.settled();
  const shown = await stage.text(".summary");
  release();
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(await stage.text(".summary"), shown);
  stage.callTool = real;
});

test("where a call fails, its words stand there, what was shown stays, and trying again helps", async () => {
  await stage.tell("usage_by_key");
  const real = stage.callTool;
  stage.callTool = async () => ({ isError: true, content: [{ type: "text", text: "EdgeDNS is down; ask again." }] });
  await stage.pressWords("Refresh");
  await stage.settled();
  assert.match(await stage.text(".banner.error"), /No answer\. EdgeDNS is down; ask again\./);
  assert.equal((await stage.texts(NAMES)).length, 10);
  stage.callTool = real;
  await stage.pressWords("Try again");
  await stage.settled();
  assert.equal((await stage.texts(".banner.error")).length, 0);
});
