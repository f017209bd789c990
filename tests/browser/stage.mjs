// The stage of a test: the real server over HTTP, a real host in a real browser, and the page in it.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { ENVS, launch, require, ROOT } from "./browser.mjs";

export const NOW = "2026-11-22T15:00:00Z";
export const COMMAND = join(ROOT, ".venv/bin/edgedns-mcp");
const { Client, StreamableHTTPClientTransport } = require("@modelcontextprotocol/client");

// What a host must enforce for a page that names no domains.
const POLICY =
  "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; " +
  "img-src 'self' data:; media-src 'self' data:; connect-src 'none'";
const HOST =
  '<!doctype html><html lang="en"><head><title>Host</title><link rel="icon" href="data:,"><style>body{margin:0}' +
  'iframe{border:0;width:100vw;height:100vh;display:block}</style></head><body><script src="/host.js"></script></body></html>';
const CAN_ALL = { serverTools: {}, downloadFile: {}, openLinks: {} };

export function environment(settings = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("EDGEDNS_"));
  return { ...Object.fromEntries(kept), HOME: "/nonexistent", ...settings };
}

export function run(...given) {
  const done = spawnSync(COMMAND, given, { env: environment(), encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${given[0]} failed: ${done.stderr}`);
  return done.stdout;
}

export function folder() {
  return mkdtempSync(join(tmpdir(), "edgedns-browser-"));
}

export async function serve(...given) {
  const server = spawn(COMMAND, ["serve", "--http", "--port", "0", ...given], {
    env: environment(),
    stdio: ["ignore", "ignore", "pipe"],
  });
  for await (const line of createInterface({ input: server.stderr })) {
    const [, url] = line.match(/Serving on (http\S+)/) ?? [];
    if (url) {
      server.stderr.resume();
      return { url: `${url}/mcp`, stop: () => server.kill() };
    }
  }
  throw new Error("The server said no address.");
}

export async function ask(url) {
  const client = new Client({ name: "browser-tests", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

async function bundled() {
  const { build } = require("esbuild");
  const made = await build({
    entryPoints: [join(ROOT, "tests/browser/host.mjs")],
    bundle: true,
    format: "iife",
    write: false,
    nodePaths: [join(ENVS, "node_modules")],
    logLevel: "error",
  });
  return made.outputFiles[0].text;
}

export class Stage {
  // Open a browser with a host for the page of the server at `url`.
  static async open(url, { wide = 800, high = 900 } = {}) {
    const stage = new Stage();
    stage.client = await ask(url);
    stage.url = url;
    const uri = (await stage.client.listTools()).tools.find((tool) => tool.name === "usage_by_key")._meta.ui
      .resourceUri;
    stage.html = (await stage.client.readResource({ uri })).contents[0].text;
    stage.script = await bundled();
    stage.browser = await launch();
    stage.page = await stage.browser.newPage();
    await stage.page.setViewport({ width: wide, height: high });
    stage.errors = [];
    stage.left = [];
    stage.page.on(
      "console",
      (message) => ["error", "warn"].includes(message.type()) && stage.errors.push(message.text()),
    );
    stage.page.on("pageerror", (wrong) => stage.errors.push(String(wrong)));
    await stage.page.setRequestInterception(true);
    stage.page.on("request", (request) => stage.answer(request));
    stage.callTool = (params) => stage.client.callTool(params);
    await stage.page.exposeFunction("callTool", (params) => stage.callTool(params));
    await stage.page.goto("http://host.test/");
    return stage;
  }

  // From now on another server answers.
  async turnTo(url) {
    if (this.url === url) return;
    await this.client.close();
    this.client = await ask(url);
    this.url = url;
  }

  answer(request) {
    const known = {
      "http://host.test/": { contentType: "text/html", body: HOST },
      "http://host.test/host.js": { contentType: "text/javascript; charset=utf-8", body: this.script },
      "http://app.test/": {
        contentType: "text/html; charset=utf-8",
        body: this.html,
        headers: { "Content-Security-Policy": POLICY },
      },
    }[request.url()];
    if (known) return request.respond(known);
    this.left.push(request.url());
    return request.abort();
  }

  // Show the page in a host, before any figures.
  async show({ theme = "light", capabilities = CAN_ALL, context = {} } = {}) {
    const styles = { variables: { "--font-sans": "Inter" } };
    await this.page.evaluate((given) => window.openApp(given), {
      capabilities,
      context: { theme, styles, locale: "en-US", displayMode: "inline", ...context },
    });
    this.frame = this.page.frames().find((frame) => frame.url().startsWith("http://app.test"));
    await this.frame.waitForSelector("#main > *");
    return this;
  }

  // Ask the server as a model does, and hand question and answer to the page as a host does.
  async tell(tool, given = {}) {
    await this.page.evaluate((asked) => window.sendInput(asked), given);
    const result = await this.client.callTool({ name: tool, arguments: given });
    await this.give(result);
    return result;
  }

  async give(result) {
    await this.page.evaluate((told) => window.sendResult(told), result);
    await this.settled();
  }

  // Wait until nothing is awaited any more.
  async settled() {
    await this.frame.waitForFunction(
      () =>
        document.getElementById("main").getAttribute("aria-busy") === "false" &&
        !document.querySelector(".waiting") &&
        document.querySelector("#main .summary, #main .banner, #main .empty, #main .words"),
    );
    await this.frame.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
  }

  async press(selector) {
    await this.frame.waitForSelector(selector);
    await this.frame.$eval(selector, (one) => one.click());
  }

  async pressWords(words) {
    const isPressed = await this.frame.evaluate((wanted) => {
      const button = [...document.querySelectorAll("button")].find((one) => one.textContent.trim() === wanted);
      button?.click();
      return Boolean(button);
    }, words);
    if (!isPressed) throw new Error(`There is no button "${words}".`);
  }

  texts(selector) {
    return this.frame.$$eval(selector, (all) => all.map((one) => one.textContent.trim()));
  }

  async text(selector) {
    return (await this.texts(selector))[0];
  }

  // What the live region says; it says it a moment after the deed.
  async said(pattern) {
    await this.frame.waitForFunction(
      (source) => new RegExp(source).test(document.getElementById("said").textContent),
      {},
      pattern.source,
    );
  }

  told() {
    return this.page.evaluate(() => window.told());
  }

  async close() {
    await this.browser.close();
    await this.client.close();
  }
}
