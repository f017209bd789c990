// What is on the screen, what was before it, and how the next one comes.

const VIEWS = {
  usage: { tool: "usage_by_key", title: "Usage", show: showUsage },
  history: { tool: "usage_history", title: "Over time", show: showHistory },
  compare: { tool: "compare_usage", title: "Change", show: showCompare },
  findings: { tool: "find_anomalies", title: "Findings", show: showFindings },
  chargeback: { tool: "chargeback_report", title: "Chargeback", show: showChargeback },
  key: { tool: "key_details", title: "Key", show: showKey },
};
const TABS = ["usage", "history", "compare", "findings", "chargeback"];
const PERIODS = [
  ["today", "Today"],
  ["yesterday", "Yesterday"],
  ["7d", "7 days"],
  ["30d", "30 days"],
  ["90d", "90 days"],
  ["current", "Billing period"],
  ["previous", "Period before"],
];
const screens = []; // the last one is shown

let inFile = null; // what a page in a file has instead of a host

// Each answer is known by what only it has.
function viewOf(report) {
  const marks = {
    lines: "chargeback",
    findings: "findings",
    baseline: "compare",
    buckets: "history",
    matched_by: "key",
    totals: "usage",
  };
  const mark = Object.keys(marks).find((name) => Object.hasOwn(report, name));
  return mark && marks[mark];
}

function figures(tool, given) {
  return inFile ? fromFile(tool, given) : ask(tool, given);
}

function newScreen(view, given) {
  return { view, given, report: null, wrong: null, isBusy: false, memory: {}, turn: 0 };
}

async function open(view, given) {
  const screen = newScreen(view, given);
  if (screens.length > 0) screens.at(-1).scrolled = window.scrollY;
  screens.push(screen);
  await load(screen);
  focusTitle();
}

// A tab begins anew; a window that was asked for in words goes along.
async function openTab(view) {
  const { period, start, end } = screens[0]?.given ?? {};
  screens.length = 0;
  await open(view, Object.fromEntries(Object.entries({ period, start, end }).filter(([, value]) => value)));
}

function back() {
  screens.pop();
  show(screens.at(-1));
  focusTitle();
  window.scrollTo(0, screens.at(-1).scrolled ?? 0);
}

function again(screen, given = screen.given) {
  screen.given = given;
  screen.beside = null;
  return load(screen).then(() => {
    if (!screen.wrong) say("The figures are fresh.");
  });
}

async function load(screen) {
  screen.turn += 1;
  const turn = screen.turn;
  Object.assign(screen, { isBusy: true, wrong: null });
  show(screen);
  try {
    const report = await figures(VIEWS[screen.view].tool, screen.given);
    if (turn === screen.turn) Object.assign(screen, { report, isBusy: false });
  } catch (wrong) {
    if (turn === screen.turn) Object.assign(screen, { wrong: wrong.message, isBusy: false });
  }
  show(screen);
}

function windowOf({ given, report }) {
  const { period, start, end } = given;
  return start ? { period, start, end } : { period: period || report?.period };
}

function show(screen) {
  if (screen !== screens.at(-1)) return;
  const main = document.getElementById("main");
  const held = document.activeElement?.dataset.hold;
  document.getElementById("head").replaceChildren(...headOf(screen));
  main.setAttribute("aria-busy", String(screen.isBusy));
  main.replaceChildren();
  add(main, [titleOf(screen), bodyOf(screen)]);
  hold(held);
}

// What had the focus has it again after it was drawn anew; what marks it is a word of this page.
function hold(mark) {
  if (mark)
    (document.querySelector(`[data-hold="${mark}"]`) ?? document.getElementById("title")).focus({
      preventScroll: true,
    });
}

function showHead() {
  const held = document.activeElement?.dataset.hold;
  if (screens.length > 0) document.getElementById("head").replaceChildren(...headOf(screens.at(-1)));
  hold(held);
}

function bodyOf({ view, report, wrong, isBusy }) {
  const screen = screens.at(-1);
  const trouble =
    wrong &&
    banner(
      "error",
      el("strong", {}, "No answer. "),
      prose(wrong),
      canAsk() &&
        el(
          "button",
          { type: "button", class: "plain", "data-hold": "again", onclick: () => again(screen) },
          "Try again",
        ),
    );
  if (report?.words !== undefined) return [trouble, el("pre", { class: "words" }, report.words)];
  if (report) return [trouble, VIEWS[view].show(report, screen)];
  return (
    trouble ||
    (isBusy
      ? waitingFor("Waiting for figures")
      : empty("Nothing is shown yet.", "The figures come with the first answer of a tool."))
  );
}

function titleOf({ view, report }) {
  const key = view === "key" && report?.keys?.length === 1 ? report.keys[0] : null;
  return el(
    "div",
    { class: "title" },
    screens.length > 1 && el("button", { type: "button", class: "plain back", onclick: back }, "← Back"),
    el("h1", { id: "title", tabindex: "-1" }, key ? [outside(key.name), " ", badge(key.environment)] : HEADINGS[view]),
    report?.source === "demo" && el("span", { class: "demo" }, "DEMO: made-up figures"),
  );
}

const HEADINGS = {
  usage: "Usage by API key",
  history: "Usage over time",
  compare: "What changed",
  findings: "Findings",
  chargeback: "Chargeback",
  key: "API keys",
};

function waitingFor(what) {
  return el(
    "div",
    { class: "waiting" },
    el("p", {}, `${what}…`),
    el(
      "div",
      { "aria-hidden": "true" },
      [1, 2, 3, 4, 5].map(() => el("i", {})),
    ),
  );
}

function headOf(screen) {
  const first = screens[0];
  const tabs =
    (inFile || canAsk()) &&
    el(
      "nav",
      { "aria-label": "Questions" },
      TABS.map((view) =>
        el(
          "button",
          {
            type: "button",
            "aria-current": first.view === view ? "page" : null,
            onclick: () => openTab(view),
          },
          VIEWS[view].title,
        ),
      ),
    );
  return [
    tabs || el("span", { class: "brand" }, "EdgeDNS usage"),
    el(
      "div",
      { class: "row" },
      canAsk() && periods(screen),
      canAsk() &&
        el(
          "button",
          {
            type: "button",
            class: "plain",
            "data-hold": "refresh",
            "aria-disabled": screen.isBusy ? "true" : null,
            onclick: () => screen.isBusy || again(screen),
          },
          "Refresh",
        ),
      wholeScreen(),
    ),
  ].filter(Boolean);
}

function periods(screen) {
  const asked = screen.given.start ? "" : screen.given.period || screen.report?.period || "";
  const known = PERIODS.some(([word]) => word === asked) ? PERIODS : [[asked, asked || "As asked"], ...PERIODS];
  const pick = el(
    "select",
    {
      "aria-label": "Period",
      "data-hold": "period",
      onchange: () => {
        const { start, end, cursor, ...given } = screen.given;
        again(screen, { ...given, period: pick.value });
      },
    },
    known.map(([word, label]) => el("option", { value: word, selected: word === asked }, label)),
  );
  return pick;
}

function wholeScreen() {
  const { displayMode, availableDisplayModes: modes } = host.context;
  if (!modes?.includes("fullscreen") || displayMode === "fullscreen") return null;
  return el(
    "button",
    {
      type: "button",
      class: "plain",
      onclick: () =>
        request("ui/request-display-mode", { mode: "fullscreen" }).catch(() => say("The host keeps its size.")),
    },
    "Expand",
  );
}

function focusTitle() {
  document.getElementById("title")?.focus({ preventScroll: false });
}
