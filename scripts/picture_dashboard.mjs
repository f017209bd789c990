// Draw the pictures of the dashboard in the README and its page: the demo in a host, light and dark. Needs `make browser` once.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { ROOT } from "../tests/browser/browser.mjs";
import { fewColours, read, written } from "../tests/browser/pictures.mjs";
import { NOW, serve, Stage } from "../tests/browser/stage.mjs";

const SIZE = { width: 840, height: 900, deviceScaleFactor: 2 };
const PICTURES = {
  dashboard: ["usage_by_key", { limit: 8 }],
  "dashboard-key": ["key_details", { key: "key_562be1" }],
};

// Give each picture by the name of its file in docs.
export async function draw() {
  const server = await serve("--source", "demo", "--as-of", NOW);
  const stage = await Stage.open(server.url);
  const drawn = {};
  try {
    for (const [name, [tool, given]] of Object.entries(PICTURES)) {
      for (const theme of ["light", "dark"]) {
        await stage.page.setViewport(SIZE);
        await stage.show({ theme });
        await stage.tell(tool, given);
        const high = await stage.frame.$eval("#page", (page) => Math.ceil(page.getBoundingClientRect().height));
        await stage.page.setViewport({ ...SIZE, height: high });
        await stage.settled();
        drawn[`${name}-${theme}.png`] = fewColours(read(await stage.page.screenshot({ type: "png" })));
      }
    }
  } finally {
    await stage.close();
    server.stop();
  }
  return drawn;
}

if (process.argv[1] === import.meta.filename) {
  for (const [name, picture] of Object.entries(await draw())) writeFileSync(join(ROOT, "docs", name), written(picture));
}
