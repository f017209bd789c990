// Each state, light and dark: accessible by axe-core's rules, quiet, and as it looked when somebody last looked.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { require } from "./browser.mjs";
import { hostile, partial, thousand } from "./organisations.mjs";
import { compare } from "./pictures.mjs";
import { NOW, serve, Stage } from "./stage.mjs";
import { STATES } from "./states.mjs";

const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const SOURCES = { demo: () => ["--source", "demo"], hostile, partial, thousand };
const only = process.env.STATE;
const servers = {};
let stage;

before(async () => {
  for (const [name, source] of Object.entries(SOURCES)) {
    if (!only || STATES.some((state) => state.from === name && state.name === only))
      servers[name] = await serve(...source(), "--as-of", NOW);
  }
  stage = await Stage.open(Object.values(servers)[0].url);
});
after(async () => {
  await stage?.close();
  for (const server of Object.values(servers)) server.stop();
});

for (const state of STATES.filter((one) => !only || one.name === only)) {
  for (const theme of ["light", "dark"]) {
    test(`${state.name}, ${theme}`, async () => {
      await stage.turnTo(servers[state.from].url);
      stage.theme = theme;
      await stage.page.setViewport({ width: state.wide ?? 800, height: 1000 });
      await stage.show({ theme });
      await state.act(stage);
      if (!state.isWaiting) await stage.settled();
      assert.deepEqual(await violations(), []);
      assert.equal(
        await stage.frame.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth),
        true,
        "nothing overflows",
      );
      const high = await stage.frame.$eval("#page", (page) => page.getBoundingClientRect().height);
      assert.equal(await compare(stage.page, `${state.name}-${theme}`, high), "");
      assert.deepEqual([stage.errors.splice(0), stage.left.splice(0)], [[], []], "quiet, and nothing leaves the page");
    });
  }
}

// What axe-core finds, in brief; all of its rules but the experimental ones.
async function violations() {
  await stage.frame.evaluate(AXE);
  return stage.frame.evaluate(async () => {
    const found = await window.axe.run(document, { resultTypes: ["violations"] });
    return found.violations.map(
      (one) =>
        `${one.id}: ${one.nodes
          .slice(0, 3)
          .map((node) => node.html.slice(0, 160))
          .join(" | ")}`,
    );
  });
}
