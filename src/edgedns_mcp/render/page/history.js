// usage_history: requests and errors over time, of all, of a key, or a row for each key or group.

function showHistory(report, screen) {
  return [
    sentence(report),
    warnings(report),
    historyTiles(report),
    report.buckets.length > 0
      ? section(`Requests per ${report.bucket}`, trend({ report, buckets: report.buckets, size: report.bucket, usual: bandOf(report) }))
      : empty("Nothing was observed in this window."),
    report.series.length > 0 &&
      section(report.group_by === "key" ? "By key" : `By ${report.group_by}`, seriesTable(report, screen)),
    notes(report),
    scope(report),
  ];
}

function historyTiles(report) {
  const last = report.last_full;
  return tiles(
    tile(
      "Requests",
      ofAll(report.request_count, report),
      report.error_count === null ? null : `${count(report.error_count)} errors · ${percent(report.error_percent)}`,
    ),
    report.mean_per_full_bucket !== null &&
      tile(`Per full ${report.bucket}`, count(report.mean_per_full_bucket), `mean of ${count(report.full_buckets)}`),
    report.highest && tile("Highest", count(report.highest.request_count), report.highest.label),
    report.lowest && tile("Lowest", count(report.lowest.request_count), report.lowest.label),
    last &&
      tile(
        `Last full ${report.bucket}`,
        count(last.request_count),
        last.change_percent === null ? last.label : `${signed(last.change_percent)}% against the mean of the others`,
      ),
  );
}

function seriesTable(report, screen) {
  const isByKey = report.group_by === "key";
  const columns = [
    nameColumn(capital(report.group_by), isByKey ? [plainly("key_id"), plainly("environment"), plainly("team")] : []),
    {
      id: "counts",
      label: "Course",
      isBar: true,
      sorts: false,
      value: () => null,
      show: (row) => sparkline(row.counts),
    },
    requestsColumn(report),
    {
      id: "error_count",
      label: "Errors",
      isNumber: true,
      value: (row) => row.error_count,
      show: (row) => count(row.error_count),
    },
  ];
  const opens = isByKey && ((row) => () => openKey(row.key_id, screen));
  const table = grid({
    caption: "Series",
    columns,
    rows: report.series,
    memory: screen.memory,
    named: (row) => row.name,
    opens,
  });
  const perBucket = report.buckets.map((bucket, at) => ({ id: bucket.label, value: (row) => row.counts[at] }));
  const top = tools({
    table,
    memory: screen.memory,
    searched: (row) => `${row.name} ${row.key_id ?? ""} ${row.team ?? ""}`,
    environmentOf: isByKey && ((row) => row.environment),
    count: (left) => `${count(left)} listed${report.rest?.rows ? `, ${count(report.rest.rows)} more are not` : ""}`,
    file: (shown) => save(fileName("history", report), csv([...columns.flatMap(written), ...perBucket], shown)),
  });
  return el("div", { class: "ranking" }, top, table.node);
}
