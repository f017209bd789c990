// Figures as words: the digits of the answer, grouped; nothing is computed here.

const GROUPED = new Intl.NumberFormat("en-US", { maximumFractionDigits: 20 });
const FINDINGS = {
  spike: "spike",
  dormant: "a dormant key woke",
  environment: "wrong environment",
  error_burst: "errors",
  endpoint_shift: "new endpoints",
  silence: "silence",
  budget: "budget",
};

function count(value) {
  return value === null || value === undefined ? "–" : GROUPED.format(value);
}

function signed(value) {
  return value > 0 ? `+${count(value)}` : value < 0 ? `−${count(-value)}` : count(value);
}

function percent(value, digits = 1) {
  return value === null || value === undefined ? "–" : `${value.toFixed(digits)}%`;
}

function ofRequests(value) {
  return value === null || value === undefined ? null : `${percent(value)} of requests`;
}

function plural(value, word) {
  return `${count(value)} ${word}${value === 1 ? "" : "s"}`;
}

// Decimal strings of money keep every digit.
function money(value) {
  if (value === null || value === undefined) return "–";
  const [whole, rest] = value.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return rest === undefined ? grouped : `${grouped}.${rest}`;
}

// A figure that is not exact is the least there was; the most is null where nobody knows it.
function between(value, most, isExact) {
  if (isExact) return count(value);
  return most === null || most === undefined ? `at least ${count(value)}` : `${count(value)} to ${count(most)}`;
}

function ofRow(value, report, ...names) {
  const rows = report.bounds?.rows ?? {};
  const name = names.find((one) => typeof one === "string" && Object.hasOwn(rows, one));
  return between(value, rows[name], name === undefined);
}

function ofAll(value, report, most = "request_count_max") {
  const bounds = report.bounds;
  return between(value, bounds?.[most], !bounds || bounds[most] === value);
}

const clocks = new Map();
function clock(zone) {
  if (!clocks.has(zone)) clocks.set(zone, madeClock(zone));
  return clocks.get(zone);
}

function madeClock(zone) {
  const parts = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" };
  try {
    return new Intl.DateTimeFormat("sv-SE", { ...parts, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat("sv-SE", { ...parts, timeZone: "UTC" });
  }
}

function moment(value, report) {
  return value ? clock(report.timezone).format(new Date(value)) : "–";
}

function ago(seconds) {
  const [size, word] =
    seconds < 120
      ? [1, "second"]
      : seconds < 7200
        ? [60, "minute"]
        : seconds < 172800
          ? [3600, "hour"]
          : [86400, "day"];
  return `${plural(Math.floor(seconds / size), word)} old`;
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
