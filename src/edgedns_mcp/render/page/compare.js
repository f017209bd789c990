// compare_usage: what each row adds to the change between two windows, as a waterfall from one sum to the other.

const STATUS = {
  new: "new",
  gone: "gone",
  woken: "woken",
  grown: "grown",
  shrunk: "shrunk",
  same: "same",
  idle: "idle",
};

function showCompare(report, screen) {
  return [
    sentence(report),
    warnings(report),
    compareTiles(report),
    report.rows.length > 0 ? waterfall(report, screen) : empty("No key matches, in neither window."),
    report.endpoint_shifts.length > 0 && section("Endpoints that gained or lost share", shifts(report)),
    notes(report),
    scope(report),
  ];
}

function compareTiles(report) {
  const { total, baseline, per_day: daily, change_bounds: bounds } = report;
  const between =
    bounds &&
    `between ${bounds.least === null ? "unknown" : signed(bounds.least)} and ${bounds.most === null ? "unknown" : signed(bounds.most)}`;
  return tiles(
    tile(
      "Change",
      `${signed(total.change)}`,
      between || (total.change_percent === null ? "from nothing" : `${signed(total.change_percent)}%`),
    ),
    tile("Now", ofAll(total.request_count, report), windowWords(report, report)),
    tile(
      baseline.same_part ? "Same part before" : "Before",
      count(total.baseline_request_count),
      windowWords(baseline, report),
    ),
    daily && tile("Per day", count(daily.request_count), `before ${count(daily.baseline_request_count)}`),
    tile("Error rate", percent(total.error_percent), `before ${percent(total.baseline_error_percent)}`),
  );
}

function windowWords({ window_start: start, window_end: end }, report) {
  return start ? `${moment(start, report)} to ${moment(end, report)}` : "no dates";
}

function waterfall(report, screen) {
  const isByKey = report.group_by === "key";
  const opens = isByKey && canOpen(report) && ((row) => () => openKey(row.key_id, screen));
  const columns = [
    nameColumn(
      capital(report.group_by),
      isByKey
        ? [plainly("key_id"), plainly("environment"), plainly("team"), plainly("status")]
        : [plainly("status")],
    ),
    {
      id: "steps",
      label: "Steps",
      isBar: true,
      sorts: false,
      value: () => null,
      show: () => el("div", { class: "steps" }),
    },
    {
      id: "change",
      label: "Change",
      isNumber: true,
      value: (row) => row.change,
      show: (row) =>
        twoLines(
          changeWords(row.change),
          row.change_percent === null ? STATUS[row.status] : `${signed(row.change_percent)}%`,
        ),
      beside: [plainly("change_percent"), plainly("contribution_percent")],
    },
    {
      id: "request_count",
      label: "Now",
      isNumber: true,
      value: (row) => row.request_count,
      show: (row) => twoLines(ofRow(row.request_count, report, row.key_id, row.name), STATUS[row.status]),
    },
    {
      id: "baseline_request_count",
      label: "Before",
      isNumber: true,
      value: (row) => row.baseline_request_count,
      show: (row) => count(row.baseline_request_count),
    },
  ];
  const ends = {
    before: el("div", { class: "steps" }),
    rest: el("div", { class: "steps" }),
    now: el("div", { class: "steps" }),
  };
  const table = grid({
    caption: "What each row adds to the change",
    columns,
    rows: report.rows,
    memory: screen.memory,
    named: (row) => row.name,
    opens,
    foot: footOf(report, ends),
    placed: (lines) => paint(report, lines, ends),
  });
  table.node
    .querySelector("tbody")
    .before(
      el(
        "tbody",
        { role: "rowgroup", class: "ends" },
        endRow("Before", ends.before, { before: report.total.baseline_request_count }),
      ),
    );
  const top = tools({
    table,
    memory: screen.memory,
    searched: (row) => `${row.name} ${row.key_id ?? ""} ${row.team ?? ""}`,
    environmentOf: isByKey && ((row) => row.environment),
    count: (left) =>
      left === report.rows.length
        ? `${plural(left, report.group_by)} listed`
        : `${count(left)} of ${plural(report.rows.length, report.group_by)}`,
    file: (shown) => save(fileName("change", report), csv(columns.flatMap(written), shown)),
  });
  return el("div", { class: "ranking waterfall" }, top, table.node);
}

function changeWords(change) {
  return [
    el(
      "span",
      { class: change < 0 ? "down" : "up", "aria-hidden": "true" },
      change < 0 ? "▼ " : change > 0 ? "▲ " : "",
    ),
    signed(change),
  ];
}

function footOf({ rest, total, group_by: kind }, ends) {
  return [
    rest.rows > 0 &&
      endRow(plural(rest.rows, `more ${kind}`), ends.rest, {
        change: rest.change,
        now: rest.request_count,
        before: rest.baseline_request_count,
      }),
    endRow("Now", ends.now, { change: total.change, now: total.request_count }),
  ].filter(Boolean);
}

function endRow(name, steps, { change, now, before }) {
  const figure = (label, value, words) =>
    el("td", { role: "cell", class: "number", "data-label": label }, value === undefined ? "" : words(value));
  return el(
    "tr",
    { role: "row", class: "end" },
    el("th", { role: "rowheader", scope: "row", class: "name" }, name),
    el("td", { role: "cell", class: "bar" }, steps),
    figure("Change", change, changeWords),
    figure("Now", now, count),
    figure("Before", before, count),
    el("td", { role: "cell", class: "take" }),
  );
}

// The bars go by the order of the rows; where the sums are far above the changes, the axis begins above zero.
function paint(report, lines, ends) {
  const { total, rest } = report;
  const sums = [total.baseline_request_count];
  for (const { row } of lines) sums.push(sums.at(-1) + row.change);
  sums.push(sums.at(-1) + rest.change);
  const [least, high] = [Math.min(...sums), Math.max(...sums)];
  const isCut = least > high / 2;
  const low = isCut ? Math.max(least - (high - least) * 0.35, 0) : 0;
  const draw = (from, to, kind, isLast) => step({ from, to, low, high, kind, isLast });
  lines.forEach(({ row, node }, at) =>
    node.querySelector(".steps").replaceChildren(draw(sums[at], sums[at + 1], row.change < 0 ? "down" : "up")),
  );
  ends.before.replaceChildren(draw(low, sums[0], "whole"));
  ends.rest.replaceChildren(draw(sums.at(-2), sums.at(-1), rest.change < 0 ? "down" : "up"));
  ends.now.replaceChildren(draw(low, sums.at(-1), "whole", true));
  for (const end of [ends.before, ends.now]) end.classList.toggle("cut", isCut);
}

function shifts(report) {
  return el(
    "table",
    { class: "small" },
    heading(["Endpoint", "=Before", "=Now", "=Points"]),
    el(
      "tbody",
      {},
      report.endpoint_shifts.map((one) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, outside(one.endpoint, { title: one.endpoint })),
          el("td", { class: "number" }, percent(one.baseline_share_percent)),
          el("td", { class: "number" }, percent(one.share_percent)),
          el("td", { class: "number" }, changeWords(one.points)),
        ),
      ),
    ),
  );
}
