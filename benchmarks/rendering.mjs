// How long a thousand keys take on the page, from the host's message to the frame that shows them, beside an empty page.

import { thousand } from "../tests/browser/organisations.mjs";
import { NOW, serve, Stage } from "../tests/browser/stage.mjs";

const ROUNDS = 9;
const HOLD_MS = 300;

const server = await serve(...thousand(), "--as-of", NOW);
const stage = await Stage.open(server.url);
try {
  const full = await every();
  const empty = { ...full, keys: [], total_keys: 0 };
  const times = { empty: [], full: [], sort: [], filter: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    await stage.show();
    times.empty.push(await shown(empty));
    await stage.show();
    times.full.push(await shown(full));
    times.sort.push(await pressed("th.number .sorts"));
    times.filter.push(await pressed("input[value=test]"));
  }
  const [none, all, sort, filter] = Object.values(times).map(median);
  const held = all < HOLD_MS ? "held" : "missed";
  console.log(
    `1,000 keys: ${ms(all)} against ${ms(none)} of an empty page, ${(all / none).toFixed(1)} x; below ${HOLD_MS} ms is ${held}.`,
  );
  console.log(`Sorted in ${ms(sort)}, filtered in ${ms(filter)}; medians of ${ROUNDS}.`);
} finally {
  await stage.close();
  server.stop();
}

async function every() {
  const ask = async (given) =>
    (await stage.client.callTool({ name: "usage_by_key", arguments: given })).structuredContent;
  const first = await ask({ limit: 100, top_endpoints: 0 });
  const keys = [...first.keys];
  for (let cursor = first.next_cursor; cursor;) {
    const page = await ask({ cursor, limit: 100, top_endpoints: 0 });
    keys.push(...page.keys);
    cursor = page.next_cursor;
  }
  return { ...first, keys, rest: { rows: 0, request_count: 0, error_count: 0 }, next_cursor: "" };
}

async function shown(report) {
  await stage.frame.evaluate(() => {
    window.painted = new Promise((resolve) => {
      window.addEventListener("message", (event) => {
        if (event.data?.method === "ui/notifications/tool-result")
          window.afterFrame(() => resolve(performance.now() - event.timeStamp));
      });
      window.afterFrame = (then) =>
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = then;
          port2.postMessage(null);
        });
    });
  });
  await stage.page.evaluate((result) => window.sendResult(result), { content: [], structuredContent: report });
  return stage.frame.evaluate(() => window.painted);
}

function pressed(selector) {
  return stage.frame.$eval(
    selector,
    (one) =>
      new Promise((resolve) => {
        const start = performance.now();
        one.click();
        window.afterFrame(() => resolve(performance.now() - start));
      }),
  );
}

function median(values) {
  return values.toSorted((one, other) => one - other)[values.length >> 1];
}

function ms(value) {
  return `${value.toFixed(0)} ms`;
}
