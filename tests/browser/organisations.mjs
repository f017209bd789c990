// Organisations in databases of their own: with names that attack, with data that is not whole, with a thousand keys.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { folder, run } from "./stage.mjs";

export const LONG = "long-".repeat(40);
export const HOSTILE = [
  '<img src=x onerror="window.hacked=1">',
  "</script><script>window.hacked=1</script>",
  "harmless\u202Egnp.exe",
  '=HYPERLINK("http://evil.test","click")',
  "@SUM(1+1)",
  "[click](javascript:window.hacked=1)",
  "__proto__",
  "\u0661\u0662\u0663-\u05d0\u05d1\u05d2",
  "zero\u200bwidth",
  LONG,
];

// One row of `days` counts for each key; the figures are the same each time.
export function organisation(names, days, { environment = () => "live", size = (at) => 1000 - at } = {}) {
  const place = folder();
  const database = join(place, "usage.db");
  const keys = names.map((name, at) => ({
    key_id: `key_${String(at).padStart(4, "0")}`,
    name,
    environment: environment(at),
    team: `team-${at % 5}`,
  }));
  const counts = keys.flatMap(({ key_id: id }, at) =>
    days.map((date, day) => {
      const requests = size(at) + day;
      return `${id},${date},/v1/dns/lookup,${requests},${Math.floor(requests / 50)}`;
    }),
  );
  writeFileSync(join(place, "keys.json"), JSON.stringify(keys));
  writeFileSync(join(place, "counts.csv"), `key_id,date,endpoint,requests,errors\n${counts.join("\n")}\n`);
  run("keys", "import", join(place, "keys.json"), "--database", database);
  run("import", join(place, "counts.csv"), "--format", "counts", "--database", database);
  return ["--source", "local", "--database", database];
}

export function days(first, last) {
  return Array.from({ length: last - first + 1 }, (_, at) => `2026-11-${String(first + at).padStart(2, "0")}`);
}

export const hostile = () => organisation(HOSTILE, days(1, 21));

// Nothing before the fifth, and a day of counts that a window of now cuts.
export const partial = () =>
  organisation(["gateway", "worker", "nightly-test"], days(5, 22), {
    environment: (at) => (at === 2 ? "test" : "live"),
  });

export const thousand = () =>
  organisation(
    Array.from({ length: 1000 }, (_, at) => `service-${String((at * 7) % 1000).padStart(3, "0")}`),
    days(1, 21),
    { environment: (at) => (at % 4 === 3 ? "test" : "live"), size: (at) => 3000 - 2 * at },
  );
