// chargeback_report: who owes what; the lines and the rest sum to the total, to the minor unit.

function showChargeback(report, screen) {
  return [
    sentence(report),
    warnings(report),
    chargeTiles(report),
    canAsk() && amountForm(report, screen),
    report.lines.length > 0
      ? charges(report, screen)
      : empty("Nobody used anything in this period, so nobody is charged."),
    report.corrections.length > 0 && section("Corrections of closed periods", corrections(report)),
    notes(report),
    scope(report),
  ];
}

function chargeTiles(report) {
  const days =
    report.days !== null &&
    tile("Days observed", `${count(report.observed_days)} of ${count(report.days)}`, percent(report.coverage_percent));
  const state = tile(
    "State",
    report.closed_at ? "closed" : "open",
    report.closed_at ? moment(report.closed_at, report) : "figures may change",
  );
  if (report.total === null)
    return tiles(
      tile("Shares only", report.method, "no amount was given"),
      tile("Requests", ofAll(report.request_count, report)),
      days,
      state,
    );
  return tiles(
    tile(
      `Total in ${report.currency}`,
      money(report.total),
      `${report.method} by ${report.group_by.replace("_", " ")}`,
    ),
    tile("Allocated", money(report.allocated), `difference ${money(report.difference)}`),
    tile(
      "Unattributed",
      money(report.unattributed),
      report.unattributed_request_count === null ? null : plural(report.unattributed_request_count, "request"),
    ),
    days,
    state,
  );
}

function amountForm(report, screen) {
  const charge = () => again(screen, { ...screen.given, amount: field.value.trim() || "none" });
  const field = el("input", {
    type: "text",
    id: freshId("amount"),
    inputmode: "decimal",
    "data-hold": "amount",
    size: 12,
    placeholder: "1200.00",
    value: report.total,
    onkeydown: (event) => {
      if (event.key === "Enter") charge();
    }, // a sandbox sends no forms
  });
  return el(
    "div",
    { class: "tools" },
    el("label", { for: field.id }, `Invoice total in ${report.currency}`),
    field,
    el("button", { type: "button", class: "plain", "data-hold": "charge", onclick: charge }, "Charge"),
  );
}

function charges(report, screen) {
  const most = Math.max(...report.lines.map((line) => line.share_percent), 1);
  const columns = [
    nameColumn(capital(report.group_by.replace("_", " ")), [plainly("key_id"), plainly("keys")], (row) =>
      nameCell({ ...row, team: plural(row.keys, "key") }, null, null),
    ),
    {
      id: "bar",
      label: "Share as a bar",
      isBar: true,
      sorts: false,
      value: () => null,
      show: (row) => barOf(row.share_percent, most),
    },
    {
      id: "share_percent",
      label: "Share",
      isNumber: true,
      value: (row) => row.share_percent,
      show: (row) => percent(row.share_percent),
    },
    {
      id: "request_count",
      label: "Requests",
      isNumber: true,
      value: (row) => row.request_count,
      show: (row) =>
        twoLines(
          ofRow(row.request_count, report, row.key_id, row.name),
          row.test_request_count > 0 ? `${count(row.test_request_count)} test` : "",
        ),
      beside: [plainly("test_request_count")],
    },
    {
      id: "amount",
      label: report.currency,
      isNumber: true,
      value: (row) => (row.amount === null ? null : Number(row.amount)),
      raw: (row) => row.amount,
      show: (row) => twoLines(money(row.amount), row.cost_per_1000 === null ? "" : `${row.cost_per_1000}/1,000`),
      beside: [plainly("cost_per_1000")],
    },
  ];
  const table = grid({
    caption: `Charges in ${report.currency}`,
    columns,
    rows: report.lines,
    memory: screen.memory,
    named: (row) => row.name,
    foot: chargeFoot(report),
  });
  const top = tools({
    table,
    memory: screen.memory,
    searched: (row) => `${row.name} ${row.key_id ?? ""}`,
    count: (left) => `${count(left)} of ${plural(report.rows, "line")}`,
    file: (shown) => save(fileName("chargeback", report), report.file || csv(columns.flatMap(written), shown)),
  });
  return el("div", { class: "ranking" }, top, table.node);
}

function chargeFoot(report) {
  const row = (name, requests, amount) =>
    el(
      "tr",
      { role: "row", class: "end" },
      el("th", { role: "rowheader", scope: "row", class: "name" }, name),
      el("td", { role: "cell", class: "bar" }),
      el("td", { role: "cell", class: "number" }),
      el("td", { role: "cell", class: "number", "data-label": "Requests" }, count(requests)),
      el("td", { role: "cell", class: "number", "data-label": report.currency }, money(amount)),
      el("td", { role: "cell", class: "take" }),
    );
  return [
    report.rest.rows > 0 && row(plural(report.rest.rows, "more line"), report.rest.request_count, report.rest.amount),
    row("Total", report.request_count, report.total),
  ].filter(Boolean);
}

function corrections(report) {
  return el(
    "table",
    { class: "small" },
    heading(["Period", "Who", `=${report.currency}`, "=Due in all"]),
    el(
      "tbody",
      {},
      report.corrections.map((one) =>
        el(
          "tr",
          {},
          el("td", {}, one.period),
          el("th", { scope: "row" }, outside(one.name)),
          el("td", { class: "number" }, money(one.amount)),
          el("td", { class: "number" }, money(one.due)),
        ),
      ),
    ),
  );
}
