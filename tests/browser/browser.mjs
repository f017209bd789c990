// The browser that looks at the page: where it lies, and how it is started so that it draws the same everywhere.

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const ROOT = new URL("../..", import.meta.url).pathname;
export const ENVS = join(ROOT, ".envs/browser");
export const require = createRequire(join(ENVS, "package.json"));

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--font-render-hinting=none",
  "--force-color-profile=srgb",
  "--hide-scrollbars",
  "--disable-lcd-text",
  "--disable-dev-shm-usage",
  "--lang=en-US",
];

// A font of npm, so that a picture does not depend on what fonts a machine has.
function fonts() {
  const config = join(ENVS, "fonts.conf");
  const folder = dirname(require.resolve("@expo-google-fonts/inter/package.json"));
  writeFileSync(
    config,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${folder}</dir><cachedir>${join(ENVS, "font-cache")}</cachedir></fontconfig>`,
  );
  return config;
}

export function launch(executablePath = found(), more = []) {
  mkdirSync(ENVS, { recursive: true });
  return require("puppeteer-core").launch({
    executablePath,
    args: [...ARGUMENTS, ...more],
    headless: executablePath.startsWith(tmpdir()) ? "shell" : true,
    timeout: 60_000,
    protocolTimeout: 120_000,
    env: { ...process.env, FONTCONFIG_FILE: fonts(), TZ: "UTC" },
  });
}

export function found() {
  return readFileSync(join(ENVS, "path"), "utf8");
}

async function starts(path) {
  try {
    const browser = await launch(path);
    const page = await browser.newPage();
    const sum = await page.evaluate(() => 6 * 7);
    await browser.close();
    return sum === 42;
  } catch {
    return false;
  }
}

async function packed() {
  try {
    return await (await import(require.resolve("@sparticuz/chromium"))).default.executablePath();
  } catch {
    return null;
  }
}

function installed(name) {
  return spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim() || null;
}

// The pinned browser of npm comes first: it draws the same picture everywhere. Where its libraries are missing, Debian's
// browser brings its own.
async function find() {
  const debians = () => ["chromium", "chromium-browser", "google-chrome"].map(installed);
  for (const path of [await packed(), ...debians()]) if (path && (await starts(path))) return path;
  if (process.getuid?.() === 0 && installed("apt-get")) {
    spawnSync("sh", ["-c", "apt-get update -qq; apt-get install -y -qq --no-install-recommends chromium"], {
      stdio: "ignore",
    });
    for (const path of [await packed(), ...debians()]) if (path && (await starts(path))) return path;
  }
  return "";
}

if (process.argv[2] === "find") writeFileSync(join(ENVS, "path"), await find());
