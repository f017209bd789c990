// The pictures in the documents are of the page as it is.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { draw } from "../../scripts/picture_dashboard.mjs";
import { ROOT } from "./browser.mjs";
import { difference, read } from "./pictures.mjs";

test("the pictures in the documents are of the page as it is", async () => {
  for (const [name, picture] of Object.entries(await draw())) {
    const wrong = await difference(picture, read(readFileSync(join(ROOT, "docs", name))));
    assert.equal(wrong && `${name}: ${wrong}; draw it anew with node scripts/picture_dashboard.mjs`, "");
  }
});
