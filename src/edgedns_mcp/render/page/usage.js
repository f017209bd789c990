// usage_by_key: every key, or every group of keys, ranked.

function showUsage(report, screen) {
  const rows = report.group_by === "key" ? report.keys : report.groups;
  return [
    sentence(report),
    warnings(report),
    usageTiles(report),
    rows.length > 0 ? ranking(report, rows, screen) : nobody(report),
    notes(report),
    scope(report),
  ];
}

function nobody(report) {
  return empty(
    report.total_keys ? "No key matches these filters." : "There is no key yet.",
    report.total_keys
      ? `${plural(report.total_keys, "key")} in all.`
      : "Keys appear with the first figures, or with edgedns-mcp keys import.",
  );
}

function usageTiles(report) {
  const { totals, unattributed } = report;
  return tiles(
    tile("Requests", ofAll(totals.request_count, report), mixture(totals)),
    tile("Errors", count(totals.error_count), ofRequests(totals.error_percent)),
    tile("Keys", count(totals.keys), totals.idle_keys > 0 && `${count(totals.idle_keys)} idle`),
    unattributed?.request_count > 0 &&
      tile("Unattributed", ofAll(unattributed.request_count, report, "unattributed_max"), whose(unattributed)),
    report.account &&
      tile("EdgeDNS's total", count(report.account.request_count), `keys ${count(report.account.keys_request_count)}`),
  );
}

function mixture({ live_requests: live, test_requests: test, unknown_requests: unknown }) {
  const parts = [
    ["live", live],
    ["test", test],
    ["unknown", unknown],
  ].filter(([, value]) => value > 0);
  return (
    parts.length > 0 && [
      el(
        "span",
        { class: "mix", "aria-hidden": "true" },
        parts.map(([kind, value]) => el("i", { class: kind, "--grows": value })),
      ),
      chips(parts.map(([kind, value]) => `${count(value)} ${kind}`)),
    ]
  );
}

function whose({ revoked, unknown_key: unknown, no_key: none }) {
  return [
    [revoked, "revoked"],
    [unknown, "unknown key"],
    [none, "no key"],
  ]
    .filter(([value]) => value > 0)
    .map(([value, word]) => `${count(value)} ${word}`)
    .join(", ");
}

function ranking(report, rows, screen) {
  const isByKey = report.group_by === "key";
  const opens = canOpen(report) && ((row) => () => openRow(report, row, screen));
  const columns = usageColumns(report, rows);
  const table = grid({
    caption: `${capital(report.group_by)}s by requests`,
    columns,
    rows,
    memory: screen.memory,
    named: (row) => row.name,
    opens,
    foot: restLine(report, columns, screen),
  });
  const top = tools({
    table,
    memory: screen.memory,
    searched: (row) => `${row.name} ${row.key_id ?? ""} ${row.team ?? ""}`,
    environmentOf: isByKey && ((row) => row.environment),
    count: (left) =>
      left === rows.length
        ? `${plural(rows.length, report.group_by)} listed`
        : `${count(left)} of ${plural(rows.length, report.group_by)}`,
    file: (shown) => save(fileName("usage", report), csv(columns.flatMap(written), shown)),
  });
  return el("div", { class: "ranking" }, top, table.node);
}

function usageColumns(report, rows) {
  const isByKey = report.group_by === "key";
  const most = Math.max(...rows.map((row) => row.request_count), 1);
  return [
    nameColumn(
      capital(report.group_by),
      isByKey ? [plainly("key_id"), plainly("environment"), plainly("team")] : [plainly("keys")],
      (row, open) =>
        nameCell(isByKey ? row : { ...row, team: plural(row.keys, "key") }, open, isByKey && row.environment),
    ),
    {
      id: "bar",
      label: "Requests as a bar",
      isBar: true,
      sorts: false,
      value: () => null,
      show: (row) => barOf(row.request_count, most, { kind: row.environment ?? "live", failed: row.error_count ?? 0 }),
    },
    requestsColumn(report),
    {
      id: "error_count",
      label: "Errors",
      isNumber: true,
      value: (row) => row.error_count,
      show: (row) => twoLines(count(row.error_count), percent(row.error_percent)),
      more: { id: "error_percent", label: "rate", isNumber: true, value: (row) => row.error_percent },
    },
    {
      id: "last_activity",
      label: "Last activity",
      isNumber: true,
      isTime: true,
      value: (row) => row.last_activity && Date.parse(row.last_activity),
      raw: (row) => row.last_activity,
      show: (row) =>
        row.last_activity ? twoLines(...moment(row.last_activity, report).split(" ")) : twoLines("never", ""),
    },
  ];
}

function plainly(id) {
  return { id, value: (row) => row[id] };
}

function restLine({ rest, group_by: kind, next_cursor: cursor }, columns, screen) {
  if (!rest.rows) return [];
  const more =
    canAsk() &&
    cursor &&
    el(
      "button",
      { type: "button", class: "plain", onclick: (event) => listMore(screen, event.currentTarget) },
      "List them",
    );
  return [
    el(
      "tr",
      { role: "row" },
      el(
        "th",
        { role: "rowheader", scope: "row", class: "name" },
        el("span", { class: "above" }, `${plural(rest.rows, `more ${kind}`)}`),
        more,
      ),
      el("td", { role: "cell", class: "bar" }),
      el("td", { role: "cell", class: "number", "data-label": "Requests" }, count(rest.request_count)),
      el("td", { role: "cell", class: "number", "data-label": "Errors" }, count(rest.error_count)),
      el("td", { role: "cell" }),
      el("td", { role: "cell", class: "take" }),
    ),
  ];
}

// The pages after the first, one after the other; what is listed stays where it is.
async function listMore(screen, button) {
  if (button.ariaDisabled) return; // it still has the focus, and must not begin twice
  button.ariaDisabled = "true";
  const { turn, given: first, report } = screen;
  try {
    while (screen.report.next_cursor && turn === screen.turn) {
      const { next_cursor: cursor } = screen.report;
      const page = await ask("usage_by_key", { cursor, limit: 100, top_endpoints: first.top_endpoints ?? 0 });
      if (turn === screen.turn) screen.report = joined(screen.report, page);
      button.textContent = `${count(screen.report.rest.rows)} to come…`;
    }
    show(screen);
    document.querySelectorAll("tbody .opens")[report.keys.length + report.groups.length]?.focus();
    say("All are listed.");
  } catch (wrong) {
    show(screen);
    say(wrong.message);
  }
}

// The rest that a page tells is all that is not on it; of what is on no page yet, only the number is known.
function joined(before, page) {
  const bounds = page.bounds && { ...page.bounds, rows: { ...before.bounds?.rows, ...page.bounds.rows } };
  const rest = {
    rows: before.rest.rows - page.keys.length - page.groups.length,
    request_count: null,
    error_count: null,
  };
  return {
    ...page,
    filters: before.filters,
    summary: before.summary,
    bounds,
    rest,
    keys: [...before.keys, ...page.keys],
    groups: [...before.groups, ...page.groups],
  };
}

function canOpen(report) {
  return report.group_by === "key" || (canAsk() && report.group_by !== "environment");
}

function openRow(report, row, screen) {
  if (report.group_by === "key") return openKey(row.key_id, screen);
  const filter = { team: { team: row.name }, endpoint: { endpoint: row.name } }[report.group_by];
  return open("usage", { ...windowOf(screen), ...filter, group_by: "key" }, `${row.name}`);
}
