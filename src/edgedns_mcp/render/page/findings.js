// find_anomalies: what keys never did before, with the evidence, and what was not tested.

function showFindings(report, screen) {
  const shown = el("div", { class: "findings" });
  const severities = ["all", ...new Set(report.findings.map((one) => one.severity))];
  const list = (wanted) =>
    shown.replaceChildren(
      ...report.findings
        .filter((one) => wanted === "all" || one.severity === wanted)
        .map((one) => finding(one, report, screen)),
    );
  list(severities.includes(screen.memory.severity) ? screen.memory.severity : "all");
  const columns = [
    "finding_id",
    "severity",
    "kind",
    "name",
    "key_id",
    "environment",
    "team",
    "start",
    "end",
    "request_count",
    "what",
    "next_step",
  ].map(plainly);
  const top = el(
    "div",
    { class: "tools" },
    severities.length > 2 &&
      choice("Severity", severities, screen.memory.severity ?? "all", (word) => {
        screen.memory.severity = word;
        list(word);
      }),
    el(
      "p",
      { class: "shown" },
      `${count(report.findings.length)} of ${plural(report.finding_count, "finding")} listed`,
    ),
    el(
      "button",
      {
        type: "button",
        class: "plain",
        onclick: () => save(fileName("findings", report), csv(columns, report.findings)),
      },
      "Save CSV",
    ),
  );
  return [
    sentence(report),
    warnings(report),
    report.findings.length > 0
      ? section("What was found", top, shown)
      : empty("No sign in what was tested.", "Usage figures cannot prove a key safe; below stands what was tested."),
    section("What was tested", testedTable(report)),
    notes(report),
    scope(report),
  ];
}

function finding(one, report, screen) {
  const id = freshId("finding");
  const isOpen = screen && one.key_id;
  return el(
    "article",
    { class: `finding ${one.severity}`, "aria-labelledby": id },
    el(
      "h3",
      { id },
      severity(one.severity),
      " ",
      outside(one.name),
      el("span", { class: "kind" }, ` ${FINDINGS[one.kind]}`),
    ),
    el("p", {}, prose(one.what ?? "")),
    one.expected_high ? against(one) : null,
    one.next_step && el("p", { class: "next" }, el("strong", {}, "Next: "), prose(one.next_step)),
    el(
      "p",
      { class: "quiet" },
      `${moment(one.start, report)} to ${moment(one.end, report)}`,
      one.also?.length > 0 && ` · also ${one.also.map((kind) => FINDINGS[kind]).join(", ")}`,
      ` · ${one.finding_id}`,
    ),
    isOpen &&
      el(
        "button",
        { type: "button", class: "plain", onclick: () => openKey(one.key_id, screen) },
        "Show the key",
        el("span", { class: "unseen" }, ` ${one.name}`),
      ),
  );
}

// The worst bucket beside what such a bucket usually has.
function against(one) {
  const line = (words, value, kind, shown) =>
    el(
      "div",
      {},
      el("span", {}, words),
      barOf(value, Math.max(one.worst_count, one.expected_high), { kind }),
      el("span", { class: "number" }, shown),
    );
  return el(
    "div",
    { class: "against" },
    line("Worst", one.worst_count, "failed", count(one.worst_count)),
    line("Usual", one.expected_high, "usual", `${count(one.expected_low)} to ${count(one.expected_high)}`),
  );
}

function testedTable(report) {
  return el(
    "table",
    { class: "small" },
    heading(["Sign", "=Keys tested", "=Not tested", "Why not"]),
    el(
      "tbody",
      {},
      report.tested.map((one) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, capital(FINDINGS[one.kind])),
          el("td", { class: "number" }, count(one.keys)),
          el("td", { class: "number" }, count(one.untested_keys)),
          el("td", {}, one.why || "–"),
        ),
      ),
    ),
  );
}
