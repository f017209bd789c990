// The page begins: with the figures of its own file, or by asking the host around it.

function begin() {
  const figuresHere = document.getElementById("figures");
  if (figuresHere) {
    inFile = JSON.parse(figuresHere.textContent);
    openTab("usage").then(() => document.activeElement?.blur());
  } else if (host.isThere) {
    screens.push({ ...newScreen("usage", {}), isBusy: true });
    show(screens[0]);
    connect(OF_THE_HOST).catch((wrong) => failed(wrong.message));
  } else {
    screens.push(newScreen("usage", {}));
    show(screens[0]);
  }
}

const OF_THE_HOST = {
  "ui/notifications/tool-input": ({ arguments: given }) => {
    const view = viewOfTool() ?? screens[0]?.view ?? "usage";
    screens.splice(0, screens.length, { ...newScreen(view, given ?? {}), isBusy: true });
    show(screens[0]);
  },
  "ui/notifications/tool-result": (result) => {
    try {
      const report = answerOf(result);
      const view = viewOf(report) ?? viewOfTool() ?? "usage";
      screens.splice(0, screens.length, { ...newScreen(view, screens[0]?.given ?? {}), report });
      show(screens[0]);
    } catch (wrong) {
      failed(wrong.message);
    }
  },
  "ui/notifications/tool-cancelled": ({ reason }) =>
    failed(`The question was cancelled${reason ? `: ${reason}` : ""}.`),
  "ui/notifications/host-context-changed": (context) => {
    learn(context);
    if (context.displayMode || context.availableDisplayModes) showHead();
  },
};

function viewOfTool() {
  const name = host.context.toolInfo?.tool?.name;
  return Object.keys(VIEWS).find((view) => VIEWS[view].tool === name);
}

function failed(words) {
  const given = screens[0]?.given ?? {};
  screens.splice(0, screens.length, { ...newScreen(viewOfTool() ?? screens[0]?.view ?? "usage", given), wrong: words });
  show(screens[0]);
}

// A file answers what was put into it when it was written.
async function fromFile(tool, given) {
  const answer = given.key === undefined ? inFile[tool] : ofKey(tool, given.key);
  if (!answer) throw new Error("This is not in the file; ask the server for it.");
  if (answer.wrong) throw new Error(answer.wrong);
  return answer;
}

function ofKey(tool, keyId) {
  const row = [...(inFile.usage_by_key?.keys ?? []), ...(inFile.compare_usage?.rows ?? [])].find(
    (one) => one.key_id === keyId,
  );
  const whole = inFile[tool === "key_details" ? "usage_by_key" : tool];
  if (!whole || whole.wrong) return whole;
  if (tool === "find_anomalies") return { ...whole, findings: whole.findings.filter((one) => one.key_id === keyId) };
  if (tool === "usage_history") return historyOf(keyId);
  if (!row || !Object.hasOwn(inFile.keys, keyId)) return null;
  const { summary, notes: told, ...more } = inFile.keys[keyId];
  return { ...whole, summary, notes: told, filters: "none", matched_by: "id", keys: [{ ...row, ...more }] };
}

function historyOf(keyId) {
  const whole = inFile.usage_history;
  const row = whole.series.find((one) => one.key_id === keyId);
  const { errors = [], usual } = Object.hasOwn(inFile.keys, keyId) ? inFile.keys[keyId] : {};
  return (
    row && {
      ...whole,
      usual,
      buckets: whole.buckets.map((bucket, at) => ({
        ...bucket,
        request_count: row.counts[at],
        error_count: errors[at] ?? null,
      })),
    }
  );
}

begin();
