// Every state of the page: who answers, what is asked, and what is done then.

const asked = (tool, given) => (stage) => stage.tell(tool, given);

export const STATES = [
  { name: "usage", from: "demo", act: asked("usage_by_key", {}) },
  { name: "usage-narrow", from: "demo", act: asked("usage_by_key", { limit: 4 }), wide: 320 },
  { name: "teams", from: "demo", act: asked("usage_by_key", { group_by: "team", period: "7d" }) },
  { name: "key", from: "demo", act: asked("key_details", { key: "payments-fraud" }) },
  { name: "candidates", from: "demo", act: asked("key_details", { key: "check" }) },
  { name: "history", from: "demo", act: asked("usage_history", { group_by: "key", limit: 5 }) },
  { name: "change", from: "demo", act: asked("compare_usage", { limit: 6 }) },
  { name: "change-narrow", from: "demo", act: asked("compare_usage", { limit: 4 }), wide: 320 },
  { name: "findings", from: "demo", act: asked("find_anomalies", {}) },
  { name: "chargeback", from: "demo", act: asked("chargeback_report", { amount: "1200" }) },
  { name: "empty", from: "demo", act: asked("usage_by_key", { name_contains: "nobody" }) },
  { name: "nothing-found", from: "demo", act: asked("find_anomalies", { name_contains: "certificate" }) },
  { name: "error", from: "demo", act: asked("usage_by_key", { period: "nonsense" }) },
  {
    name: "waiting",
    from: "demo",
    act: (stage) => stage.page.evaluate(() => window.sendInput({ period: "7d" })),
    isWaiting: true,
  },
  { name: "saving", from: "demo", act: saving },
  { name: "partial", from: "partial", act: asked("usage_by_key", { period: "current" }) },
  { name: "gaps", from: "partial", act: asked("usage_history", { period: "2026-11-01..2026-11-22", bucket: "day" }) },
  { name: "hostile", from: "hostile", act: asked("usage_by_key", {}) },
  { name: "thousand", from: "thousand", act: asked("usage_by_key", { limit: 100, top_endpoints: 0 }) },
];

async function saving(stage) {
  await stage.show({ theme: stage.theme, capabilities: { serverTools: {} } });
  await stage.tell("usage_by_key", { limit: 3 });
  await stage.pressWords("Save CSV");
}
