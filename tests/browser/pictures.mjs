// Pictures to compare with: half as large, and of few colours, so that they stay small and a smoothed edge is no news.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { ENVS, require, ROOT } from "./browser.mjs";

const { PNG } = require("pngjs");
const COMMITTED = join(ROOT, "tests/browser/pictures");
const SEEN = join(ENVS, "pictures");
const MOST_HIGH = 900;
const LEVELS = 24; // of each colour
const TOLERATED = 0.004; // of all pixels: another browser smooths letters otherwise, and moves none
const COLOUR = 0.2; // from which a pixel is another one

export async function compare(page, name, high) {
  const viewport = page.viewport();
  const height = Math.min(Math.ceil(high), MOST_HIGH);
  await page.setViewport({ ...viewport, height });
  const taken = await page.screenshot({ type: "png" });
  await page.setViewport(viewport);
  const seen = fewColours(halved(read(taken)));
  const path = join(COMMITTED, `${name}.png`);
  if (process.env.UPDATE_PICTURES) {
    mkdirSync(COMMITTED, { recursive: true });
    writeFileSync(path, written(seen));
    return "";
  }
  const wrong = existsSync(path) ? await difference(seen, read(readFileSync(path))) : "there is no such picture";
  if (wrong) {
    mkdirSync(SEEN, { recursive: true });
    writeFileSync(join(SEEN, `${name}.png`), written(seen));
  }
  return wrong && `${name}: ${wrong}; what was seen lies in .envs/browser/pictures`;
}

export async function difference(seen, wanted) {
  if (seen.width !== wanted.width || seen.height !== wanted.height) {
    return `${seen.width} x ${seen.height} instead of ${wanted.width} x ${wanted.height}`;
  }
  const { default: pixelmatch } = await import(require.resolve("pixelmatch"));
  const part =
    pixelmatch(seen.data, wanted.data, null, seen.width, seen.height, { threshold: COLOUR }) /
    (seen.width * seen.height);
  return part > TOLERATED ? `${(part * 100).toFixed(2)}% of it is another` : "";
}

export function read(bytes) {
  return PNG.sync.read(Buffer.from(bytes));
}

function halved(whole) {
  const small = new PNG({ width: whole.width >> 1, height: whole.height >> 1 });
  for (let y = 0; y < small.height; y += 1) {
    for (let x = 0; x < small.width; x += 1) {
      for (let part = 0; part < 4; part += 1) {
        const at = (2 * y * whole.width + 2 * x) * 4 + part;
        const below = at + whole.width * 4;
        const sum = whole.data[at] + whole.data[at + 4] + whole.data[below] + whole.data[below + 4];
        small.data[(y * small.width + x) * 4 + part] = sum / 4;
      }
    }
  }
  return small;
}

export function fewColours(picture) {
  for (let at = 0; at < picture.data.length; at += 1) {
    picture.data[at] = Math.round((Math.round((picture.data[at] / 255) * LEVELS) / LEVELS) * 255);
  }
  return picture;
}

export function written(picture) {
  return PNG.sync.write(picture, { colorType: 2, deflateLevel: 9, deflateStrategy: 0, filterType: 0 });
}
