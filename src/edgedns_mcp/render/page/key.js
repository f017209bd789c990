// key_details: one key in full, with its days and its findings; or the candidates, where several are meant.

function showKey(report, screen) {
  const isOne = report.keys.length === 1;
  const below = el("div", { class: "tall" }, waitingFor("Its days and findings"));
  const last = [notes(report), scope(report)];
  if (report.matched_by === "several") return [sentence(report), warnings(report), candidates(report, screen), last];
  screen.beside ??= besideKey(screen);
  screen.beside.then(([history, findings]) => {
    below.replaceChildren();
    add(below, [
      dayByDay(report, history, findings),
      foundOf(report, findings),
      isOne && endpointsOf(report.keys[0]),
      last,
    ]);
  });
  return [
    sentence(report),
    warnings(report),
    isOne ? keyTiles(report.keys[0], report) : candidates(report, screen),
    below,
  ];
}

function keyTiles(key, report) {
  const life = [
    [key.created_at, "created"],
    [key.expires_at, "expires"],
    [key.revoked_at, "revoked"],
  ].filter(([time]) => time);
  return tiles(
    tile(
      "Requests",
      ofRow(key.request_count, report, key.key_id),
      key.rank && `${percent(key.share_percent)} · rank ${count(key.rank)} of ${count(report.total_keys)}`,
    ),
    tile("Errors", count(key.error_count), ofRequests(key.error_percent)),
    key.requests_per_day !== null &&
      key.requests_per_day !== undefined &&
      tile("Per day", count(key.requests_per_day), "on average"),
    tile(
      "Last activity",
      key.last_activity ? moment(key.last_activity, report) : "never",
      chips(life.map(([time, word]) => `${word} ${moment(time, report).slice(0, 10)}`)),
    ),
    tile("Belongs to", outside(key.team || "no team"), outside(key.key_id, { class: "id" })),
  );
}

function candidates(report, screen) {
  const columns = usageColumns({ ...report, group_by: "key" }, report.keys);
  const opens = (row) => () => openKey(row.key_id, screen);
  const table = grid({
    caption: "Keys that may be meant",
    columns,
    rows: report.keys,
    memory: screen.memory,
    named: (row) => row.name,
    opens,
  });
  return el("div", { class: "ranking apart" }, table.node);
}

function endpointsOf(key) {
  const rest =
    key.other_endpoint_requests > 0 &&
    el("p", { class: "quiet" }, `${plural(key.other_endpoint_requests, "request")} to other endpoints.`);
  const isAny = Object.keys(key.endpoint_distribution).length > 0;
  return section("Endpoints", isAny ? [counted(key.endpoint_distribution), rest] : empty("No endpoint was called."));
}

// What was found, in brief, until the evidence is there.
function briefly(key, report) {
  const signs = key.signs;
  if (!signs) return el("p", { class: "quiet" }, "Nothing was recorded that could be searched.");
  return [
    signs.findings.length > 0
      ? el(
          "ul",
          { class: "plainly" },
          signs.findings.map((one) =>
            el(
              "li",
              {},
              severity(one.severity),
              ` ${capital(FINDINGS[one.kind])} from ${moment(one.start, report)} to ${moment(one.end, report)}`,
            ),
          ),
        )
      : el(
          "p",
          {},
          `No sign in what was tested (${signs.tested.map((kind) => FINDINGS[kind]).join(", ") || "nothing"}); usage figures cannot prove a key safe.`,
        ),
    unflagged(signs),
  ];
}

function unflagged(signs) {
  return signs?.unflagged && el("p", { class: "quiet" }, "Its most unusual other day: ", prose(signs.unflagged.why));
}

function dayByDay(report, history, findings) {
  const marks = listedOf(report, findings);
  const shown = history.report
    ? trend({
        report: history.report,
        buckets: history.report.buckets,
        size: history.report.bucket,
        marks,
        usual: history.report.bucket === "day" ? [...usualOf(report.keys, marks), ...bandOf(history.report)] : [],
      })
    : banner("quiet", history.error);
  return section("Day by day", shown);
}

// With the evidence, where it came; else in brief.
function foundOf(report, findings) {
  const listed = listedOf(report, findings);
  const isOne = report.keys.length === 1;
  if (!findings.report || (isOne && listed.length === 0)) {
    return section(
      "Findings",
      report.keys.map((key) => briefly(key, report)),
    );
  }
  const none = listed.length === 0 && el("p", { class: "quiet" }, prose(findings.report.summary));
  return section(
    "Findings",
    listed.map((one) => finding(one, findings.report, null)),
    none,
    isOne && unflagged(report.keys[0].signs),
  );
}

function listedOf(report, findings) {
  return findings.report?.findings ?? report.keys.flatMap((key) => key.signs?.findings ?? []);
}

// The days and the evidence come by two more questions; either may fail alone.
async function besideKey({ report, given }) {
  if (host.isThere && !canAsk())
    return [{ error: "This host lets no page ask for more, so its days are not shown." }, {}];
  const asked = { ...windowOf({ report, given }), key: report.keys.length === 1 ? report.keys[0].key_id : given.key };
  const usual = report.keys.length === 1;
  const both = [figures("usage_history", { ...asked, usual }), figures("find_anomalies", asked)];
  return Promise.all(
    both.map((one) =>
      one.then(
        (answer) => ({ report: answer }),
        (wrong) => ({ error: wrong.message }),
      ),
    ),
  );
}

// The ranges that findings and the key itself tell: of a day when its whole team was busy, they are higher.
function usualOf(keys, findings) {
  const worst = findings
    .filter((one) => one.expected_high !== null && one.expected_high !== undefined)
    .map((one) => ({ start: one.worst_start, low: one.expected_low ?? 0, high: one.expected_high }));
  const other = keys.length === 1 ? keys[0].signs?.unflagged : null;
  return other?.expected_high
    ? [...worst, { start: other.start, low: other.expected_low ?? 0, high: other.expected_high }]
    : worst;
}

function openKey(keyId, screen) {
  return open("key", { ...windowOf(screen), key: keyId }, "");
}
