// Pictures of figures. Each has its figures as words beside it; a picture alone tells nothing that words do not.

const ROOM = { left: 52, right: 10, top: 22, bottom: 24 };
const TALL = 220;

// buckets: as usage_history gives them; marks: findings; usual: {start, low, high} of single buckets, the first counts.
function trend({ report, buckets, marks = [], usual = [], size }) {
  const plot = el("div", {
    class: "plot",
    role: "slider",
    tabindex: "0",
    "aria-label": `Requests per ${size}`,
    "aria-valuemin": 0,
    "aria-valuemax": Math.max(buckets.length - 1, 0),
  });
  const readout = el("p", { class: "readout" });
  const placed = marks.map((mark) => ({ mark, at: spanOf(mark, buckets, report) })).filter((one) => one.at);
  const ranges = usual
    .map((one) => ({ ...one, at: bucketAt(one.start, buckets) }))
    .filter((one, place, all) => one.at >= 0 && all.findIndex((other) => other.at === one.at) === place);
  let chosen = highest(buckets);

  function choose(at, isMoved = true) {
    chosen = Math.min(Math.max(at, 0), buckets.length - 1);
    const words = bucketWords(chosen);
    plot.setAttribute("aria-valuenow", chosen);
    plot.setAttribute("aria-valuetext", words);
    readout.textContent = words;
    if (isMoved)
      plot.firstChild?.querySelectorAll(".hit").forEach((hit, place) => hit.classList.toggle("on", place === chosen));
  }

  function bucketWords(at) {
    const bucket = buckets[at];
    const said =
      bucket.observed === "no"
        ? "no data"
        : [
            plural(bucket.request_count, "request"),
            bucket.error_count === null ? null : plural(bucket.error_count, "error"),
            bucket.observed === "part" ? "observed in part" : null,
            ...placed
              .filter((one) => one.at[0] <= at && at <= one.at[1])
              .map((one) => `${one.mark.severity} finding: ${FINDINGS[one.mark.kind]}`),
            ...ranges.filter((one) => one.at === at).map((one) => `usual: ${count(one.low)} to ${count(one.high)}`),
          ]
            .filter(Boolean)
            .join(" · ");
    return `${bucket.label}: ${said}`;
  }

  function draw() {
    const wide = Math.max(plot.clientWidth, 240);
    plot.replaceChildren(trendPicture({ buckets, placed, ranges, wide, size }));
    choose(chosen);
  }

  plot.addEventListener("keydown", (event) => {
    const to = {
      ArrowLeft: chosen - 1,
      ArrowDown: chosen - 1,
      ArrowRight: chosen + 1,
      ArrowUp: chosen + 1,
      Home: 0,
      End: buckets.length - 1,
    };
    if (!(event.key in to)) return;
    event.preventDefault();
    choose(to[event.key]);
  });
  plot.addEventListener("pointermove", (event) => {
    const box = plot.getBoundingClientRect();
    const part = (event.clientX - box.left - ROOM.left) / (box.width - ROOM.left - ROOM.right);
    choose(Math.floor(part * buckets.length));
  });
  choose(chosen, false);
  new ResizeObserver(draw).observe(plot);
  return el(
    "figure",
    { class: "trend" },
    plot,
    readout,
    legend(buckets, placed, ranges),
    asTable(report, buckets, size, ranges),
  );
}

// The ranges that an answer of usage_history has beside its buckets.
function bandOf({ buckets, usual }) {
  return buckets
    .map(({ start }, at) => ({ start, low: usual?.low[at] ?? null, high: usual?.high[at] }))
    .filter((one) => one.low !== null);
}

function highest(buckets) {
  return buckets.reduce(
    (best, one, at) => ((one.request_count ?? -1) > (buckets[best].request_count ?? -1) ? at : best),
    0,
  );
}

function bucketAt(start, buckets) {
  const time = Date.parse(start);
  return buckets.findLastIndex((bucket) => Date.parse(bucket.start) <= time);
}

// The first and the last bucket of a finding; null where it lies outside.
function spanOf({ start, end }, buckets, report) {
  const [from, to] = [Date.parse(start), Date.parse(end)];
  const ends = buckets.map((_, at) => Date.parse(buckets[at + 1]?.start ?? report.window_end ?? end));
  const within = buckets
    .map((bucket, at) => (Date.parse(bucket.start) < to && ends[at] > from ? at : -1))
    .filter((at) => at >= 0);
  return within.length > 0 ? [within[0], within.at(-1)] : null;
}

function trendPicture({ buckets, placed, ranges, wide, size }) {
  const most = Math.max(1, ...buckets.map((one) => one.request_count ?? 0), ...ranges.map((one) => one.high));
  const top = roundUp(most);
  const step = (wide - ROOM.left - ROOM.right) / buckets.length;
  const y = (value) => TALL - ROOM.bottom - (value / top) * (TALL - ROOM.top - ROOM.bottom);
  const x = (at) => ROOM.left + at * step;
  const hatch = freshId("hatch");
  return svg(
    "svg",
    { viewBox: `0 0 ${wide} ${TALL}`, width: wide, height: TALL, "aria-hidden": "true" },
    svg("defs", {}, pattern(`${hatch}-part`, "part-line"), pattern(`${hatch}-gap`, "gap-line")),
    [0, top / 2, top].map((value) => [
      svg("line", { class: value ? "rule" : "base", x1: ROOM.left, x2: wide - ROOM.right, y1: y(value), y2: y(value) }),
      svg("text", { class: "tick", x: ROOM.left - 8, y: y(value) + 4, "text-anchor": "end" }, shortCount(value)),
    ]),
    placed.map(({ mark, at }) => markPicture(mark, x(at[0]), x(at[1] + 1), y(0))),
    buckets.map((bucket, at) => bar(bucket, { x: x(at), step, y, hatch })),
    ranges.map((one) => rangePicture(x(one.at), step, Math.min(y(one.high), y(one.low) - 4), y(one.low))),
    labels(buckets, step, size).map(({ at, text }) =>
      svg("text", { class: "tick", x: x(at) + step / 2, y: TALL - 6, "text-anchor": "middle" }, text),
    ),
  );
}

function pattern(id, kind) {
  return svg(
    "pattern",
    { id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    svg("line", { class: kind, x1: 0, y1: 0, x2: 0, y2: 6 }),
  );
}

function bar(bucket, { x, step, y, hatch }) {
  const hit = svg("rect", { class: "hit", x, width: step, y: ROOM.top, height: TALL - ROOM.top - ROOM.bottom });
  if (bucket.observed === "no") {
    return [
      svg("rect", {
        class: "gap",
        x: x + 1,
        width: Math.max(step - 2, 1),
        y: ROOM.top,
        height: y(0) - ROOM.top,
        fill: `url(#${hatch}-gap)`,
      }),
      hit,
    ];
  }
  const wide = Math.max(step * 0.74, 1);
  const place = { x: x + (step - wide) / 2, width: wide };
  const height = (value) => (value ? Math.max(y(0) - y(value), 1.5) : 0);
  const all = height(bucket.request_count);
  const failed = bucket.error_count ? y(0) - y(bucket.error_count) : 0;
  return [
    svg("rect", { class: "column", ...place, y: y(0) - all, height: all, rx: Math.min(2, wide / 3) }),
    bucket.observed === "part" && svg("rect", { ...place, y: y(0) - all, height: all, fill: `url(#${hatch}-part)` }),
    failed > 0.75 && svg("rect", { class: "failed", ...place, y: y(0) - failed, height: failed }),
    hit,
  ];
}

function markPicture(mark, from, to, base) {
  const middle = (from + to) / 2;
  return [
    svg("rect", { class: `mark ${mark.severity}`, x: from, width: to - from, y: ROOM.top, height: base - ROOM.top }),
    svg("path", { class: `flag ${mark.severity}`, d: `M${middle - 6} 6h12l-6 9z` }),
  ];
}

// Neighbours join to a band: its edges are drawn above and below alone.
function rangePicture(x, wide, top, base) {
  return [
    svg("rect", { class: "usual", x, width: wide, y: top, height: base - top }),
    svg("path", { class: "edges", d: `M${x} ${top}h${wide}M${x} ${base}h${wide}` }),
  ];
}

function labels(buckets, step, size) {
  const each = Math.max(1, Math.ceil(70 / step));
  return buckets
    .map((bucket, at) => ({ at, text: size === "month" ? bucket.label : bucket.label.slice(5) }))
    .filter((one) => one.at % each === 0);
}

function roundUp(value) {
  const size = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((one) => one * size >= value) * size;
}

function shortCount(value) {
  return new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

function legend(buckets, placed, ranges) {
  const there = [
    ["column", "requests", true],
    ["failed", "of them errors", buckets.some((one) => one.error_count)],
    ["part", "observed in part", buckets.some((one) => one.observed === "part")],
    ["gap", "no data", buckets.some((one) => one.observed === "no")],
    ["flag", "finding", placed.length > 0],
    ["usual", "usual range (95% of such days)", ranges.length > 0],
  ].filter(([, , isThere]) => isThere);
  return el(
    "ul",
    { class: "legend" },
    there.map(([kind, words]) => el("li", {}, el("i", { class: kind }), words)),
  );
}

function asTable(report, buckets, size, ranges) {
  const isUsual = ranges.length > 0;
  const range = (at) => ranges.filter((one) => one.at === at).map((one) => `${count(one.low)} to ${count(one.high)}`)[0];
  const rows = buckets.map((bucket, at) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, bucket.label),
      el(
        "td",
        { class: "number" },
        bucket.observed === "no" ? "no data" : ofRow(bucket.request_count, report, bucket.start),
      ),
      el("td", { class: "number" }, count(bucket.error_count)),
      isUsual && el("td", { class: "number" }, range(at) ?? "–"),
      el("td", {}, { yes: "whole", part: "in part", no: "no" }[bucket.observed]),
    ),
  );
  const body = el("tbody", {});
  return el(
    "details",
    { ontoggle: () => body.replaceChildren(...rows) },
    el("summary", {}, "The figures as a table"),
    el("table", { class: "small" }, heading([capital(size), "=Requests", "=Errors", ...(isUsual ? ["=Usual"] : []), "Observed"]), body),
  );
}

// A small line without axes, for a row; a gap in the data is a gap in the line.
function sparkline(counts) {
  const most = Math.max(1, ...counts.map((one) => one ?? 0));
  const step = counts.length > 1 ? 100 / (counts.length - 1) : 0;
  let isDown = false;
  const path = counts
    .map((value, at) => {
      const move =
        value === null ? "" : `${isDown ? "L" : "M"}${(at * step).toFixed(2)} ${(22 - (value / most) * 20).toFixed(2)}`;
      isDown = value !== null;
      return move;
    })
    .join("");
  return svg(
    "svg",
    { class: "spark", viewBox: "0 0 100 24", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("path", { d: path || "M0 22" }),
  );
}

// One step of a waterfall: the bar of a row floats where the row before it ended.
function step({ from, to, low, high, kind, isLast = false }) {
  const x = (value) => ((value - low) / (high - low || 1)) * 1000;
  const [left, right] = [Math.min(x(from), x(to)), Math.max(x(from), x(to))];
  return svg(
    "svg",
    { class: "step", viewBox: "0 0 1000 30", preserveAspectRatio: "none", "aria-hidden": "true" },
    kind !== "whole" && svg("line", { class: "join", x1: x(from), x2: x(from), y1: 0, y2: 6 }),
    svg("rect", { class: kind, x: left, width: Math.max(right - left, 3), y: 6, height: 18 }),
    !isLast && svg("line", { class: "join", x1: x(to), x2: x(to), y1: 24, y2: 30 }),
  );
}
