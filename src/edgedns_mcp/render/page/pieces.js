// What several views are built of.

function tile(label, value, beside) {
  const isLong = typeof value === "string" && value.length > 12;
  return el(
    "div",
    { class: "tile" },
    el("dt", {}, label),
    el(
      "dd",
      {},
      el("strong", { class: isLong ? "long" : null }, value),
      beside && el("span", { class: "below" }, beside),
    ),
  );
}

// Words that stay on one line, and may stand on the next.
function chips(words) {
  return el(
    "span",
    { class: "chips" },
    words.map((word) => el("span", {}, word)),
  );
}

function tiles(...shown) {
  return el("dl", { class: "tiles" }, shown);
}

function badge(kind) {
  return el("span", { class: `badge ${kind}` }, kind);
}

function severity(word) {
  return el("span", { class: `severity ${word}` }, word);
}

// The part of the bar that failed stands at its end; live and test differ by their pattern, too.
function barOf(value, most, { kind = "live", failed = 0 } = {}) {
  return el(
    "div",
    { class: `line ${kind}`, "aria-hidden": "true", "--part": most ? value / most : 0 },
    value > 0 && el("i", {}),
    failed > 0 && el("b", { "--lost": failed / most }),
  );
}

function twoLines(above, below) {
  return [el("span", { class: "above" }, above), el("span", { class: "below" }, below)];
}

function nameColumn(label, beside, show = (row, isOpen) => nameCell(row, isOpen, row.environment)) {
  return { id: "name", label, isName: true, value: (row) => row.name, show, beside };
}

function requestsColumn(report) {
  return {
    id: "request_count",
    label: "Requests",
    isNumber: true,
    value: (row) => row.request_count,
    show: (row) => twoLines(ofRow(row.request_count, report, row.key_id, row.name), percent(row.share_percent)),
    beside: [plainly("share_percent")],
  };
}

function nameCell(row, isOpen, environment) {
  const name = outside(row.name, { title: row.name });
  const beside = [
    environment && badge(environment),
    row.team && outside(row.team),
    row.key_id && row.key_id !== row.name && outside(row.key_id, { class: "id" }),
  ];
  return [
    isOpen
      ? el("button", { type: "button", class: "opens", "data-does": "open" }, name)
      : el("span", { class: "opens" }, name),
    el("span", { class: "below" }, beside),
  ];
}

function section(title, ...children) {
  const id = freshId("title");
  return el("section", { "aria-labelledby": id }, el("h2", { id }, title), children);
}

function banner(kind, ...words) {
  return el("div", { class: `banner ${kind}`, role: kind === "error" ? "alert" : null }, words);
}

function empty(title, words) {
  return el("div", { class: "empty" }, el("p", { class: "title" }, title), words && el("p", {}, words));
}

// What an answer says of how far it can be trusted, right below its sentence.
function warnings(report) {
  const isPartly = report.complete === false && report.data_from;
  return [
    isPartly &&
      banner(
        "partly",
        el("strong", {}, "Part of the window has no data. "),
        `It reaches from ${moment(report.data_from, report)} to ${moment(report.data_to, report)}.`,
      ),
    report.bounds &&
      banner(
        "partly",
        el("strong", {}, "Not every figure is exact. "),
        "Where two stand, the truth lies between them; a count that reaches over an end of the window is not split by guess.",
      ),
    report.filters && report.filters !== "none" && el("p", { class: "filters" }, "Only: ", outside(report.filters)),
  ];
}

function notes(report) {
  return (
    report.notes?.length > 0 &&
    el(
      "ul",
      { class: "notes" },
      report.notes.map((note) => el("li", {}, prose(note))),
    )
  );
}

function scope(report) {
  const facts = [
    ["Source", report.source],
    [
      "Window",
      report.window_start
        ? `${moment(report.window_start, report)} to ${moment(report.window_end, report)}`
        : "as EdgeDNS has it, without dates",
    ],
    ["Data", report.data_from ? `${moment(report.data_from, report)} to ${moment(report.data_to, report)}` : "–"],
    ["Covered", { true: "whole window", false: "in part", null: "not known" }[String(report.complete)]],
    ["Zone", report.timezone],
    ["Asked", `${moment(report.now, report)}${report.age_s < 60 ? "" : `, figures ${ago(report.age_s)}`}`],
  ];
  return el(
    "footer",
    { class: "scope" },
    el(
      "dl",
      {},
      facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
    ),
  );
}

function sentence(report) {
  return el("p", { class: "summary" }, prose(report.summary.replace(/^DEMO: /, "")));
}

// Sentences of an answer, as they are meant: what keeps Markdown from seeing a name is no part of it. A date is not broken
// at its hyphens.
function prose(text) {
  return text
    .replace(/\\([\\`*[\]<>|_])/g, "$1")
    .split(/(\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2})?)/)
    .map((part, at) => (at % 2 ? el("span", { class: "once" }, part) : part));
}

// The heading of a small table; a word after = stands over numbers.
function heading(words) {
  return el(
    "thead",
    {},
    el(
      "tr",
      {},
      words.map((word) =>
        word === ""
          ? el("td", {})
          : el("th", { scope: "col", class: word.startsWith("=") ? "number" : null }, word.replace("=", "")),
      ),
    ),
  );
}

function counted(counts) {
  const pairs = Object.entries(counts);
  const most = Math.max(...pairs.map(([, value]) => value), 1);
  return el(
    "table",
    { class: "small bars" },
    heading(["Endpoint", "", "=Requests"]),
    el(
      "tbody",
      {},
      pairs.map(([name, value]) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, outside(name, { title: name })),
          el("td", { class: "bar" }, barOf(value, most)),
          el("td", { class: "number" }, count(value)),
        ),
      ),
    ),
  );
}
