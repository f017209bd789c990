// A table that sorts, filters, copies a row and is saved as CSV. Its roles are written out, because on a narrow screen
// its rows are laid out as cards, and a row that is no table row any more is told as none.

// columns: {id, label, value(row), show(row), raw(row), isNumber, isName, isBar, more: {id, label, value}}
// The first sort of a number is downwards; what is unknown comes last.
function grid({ caption, columns, rows, memory, named, opens, foot = [], placed = () => {} }) {
  const lines = rows.map((row) => ({ row, node: line(columns, row, named, opens) }));
  const rowOf = new Map(lines.map((one) => [one.node, one.row]));
  const body = el("tbody", { role: "rowgroup", onclick: (event) => pressed(event, rowOf, columns, named, opens) });
  const heads = columns.map((column) => head(column, (order) => sortBy(order)));
  const node = el(
    "table",
    { role: "table", "aria-label": caption, "--columns": columns.map(widthOf).join(" ") + " 40px" },
    el(
      "thead",
      { role: "rowgroup" },
      el(
        "tr",
        { role: "row" },
        heads.map((one) => one.node),
        copyHead(),
      ),
    ),
    body,
    foot.length > 0 && el("tfoot", { role: "rowgroup" }, foot),
  );

  function sortBy(order) {
    const falls = memory.sort?.id === order.id ? !memory.sort.falls : Boolean(order.isNumber);
    memory.sort = { id: order.id, falls };
    place();
    say(`Sorted by ${order.label}, ${falls ? "most first" : "least first"}.`);
  }

  function place() {
    const orders = columns.flatMap((column) => [column, column.more].filter(Boolean));
    const order = orders.find((one) => one.id === memory.sort?.id);
    if (order) lines.sort(comparing(order.value, memory.sort.falls));
    body.replaceChildren(...lines.map((one) => one.node));
    for (const one of heads) one.tell(memory.sort);
    placed(lines);
  }

  function narrow(wants) {
    let shown = 0;
    for (const one of lines) {
      const isWanted = wants(one.row);
      one.node.hidden = !isWanted;
      shown += isWanted ? 1 : 0;
    }
    return shown;
  }

  place();
  return { node, narrow, shownRows: () => lines.filter((one) => !one.node.hidden).map((one) => one.row) };
}

function widthOf(column) {
  if (column.isName) return "minmax(0, 30fr)";
  return column.isBar ? "minmax(0, 24fr)" : `minmax(0, ${column.isTime ? 15 : 13}fr)`;
}

function comparing(value, falls) {
  return (one, other) => {
    const [a, b] = [value(one.row), value(other.row)];
    if (a === null || b === null) return (a === null) - (b === null);
    const order = typeof a === "string" ? a.localeCompare(b, "en") : a - b;
    return falls ? -order : order;
  };
}

function head(column, sortBy) {
  const orders = column.sorts === false ? [] : [{ ...column }, column.more].filter(Boolean);
  const buttons = orders.map((order) =>
    el(
      "button",
      { type: "button", class: "sorts", onclick: () => sortBy(order) },
      order.label,
      el("span", { class: "arrow", "aria-hidden": "true" }),
    ),
  );
  const node = el(
    "th",
    { role: "columnheader", scope: "col", class: classOf(column) },
    orders.length > 0 ? buttons : el("span", { class: column.isBar ? "unseen" : null }, column.label),
  );

  function tell(sort) {
    const at = orders.findIndex((order) => order.id === sort?.id);
    if (at < 0) node.removeAttribute("aria-sort");
    else node.setAttribute("aria-sort", sort.falls ? "descending" : "ascending");
    buttons.forEach((button, place) => {
      button.lastChild.textContent = place === at ? (sort.falls ? "↓" : "↑") : "";
    });
  }

  return { node, tell };
}

function copyHead() {
  return el("th", { role: "columnheader", scope: "col", class: "take" }, el("span", { class: "unseen" }, "Copy"));
}

function line(columns, row, named, opens) {
  const cells = columns.map((column) =>
    el(
      column.isName ? "th" : "td",
      {
        role: column.isName ? "rowheader" : "cell",
        scope: column.isName ? "row" : null,
        class: classOf(column),
        "data-label": column.isName || column.isBar ? null : column.label,
      },
      column.show(row, opens?.(row)),
    ),
  );
  return el(
    "tr",
    { role: "row" },
    cells,
    el(
      "td",
      { role: "cell", class: "take" },
      el("button", {
        type: "button",
        class: "icon",
        "data-does": "copy",
        "aria-label": `Copy the row of ${named(row)}`,
      }),
    ),
  );
}

function classOf(column) {
  return (
    [column.isNumber && "number", column.isName && "name", column.isBar && "bar", column.isTime && "time"]
      .filter(Boolean)
      .join(" ") || null
  );
}

function pressed(event, rowOf, columns, named, opens) {
  const button = event.target.closest("button[data-does]");
  const row = button && rowOf.get(button.closest("tr"));
  if (!row) return;
  if (button.dataset.does === "open") opens(row)();
  else copy(rowText(columns, row), `the row of ${named(row)}`);
}

function rowText(columns, row) {
  return columns
    .flatMap(written)
    .map((one) => String((one.raw ?? one.value)(row) ?? "").replace(/[\t\r\n]+/g, " "))
    .join("\t");
}

// The columns of a file: what stands in two lines of a cell is two columns there.
function written(column) {
  return column.isBar ? [] : [column, ...(column.beside ?? []), column.more].filter(Boolean);
}

// What stands above a table: a word to filter by, live or test, and the way to a file.
function tools({ table, memory, searched, environmentOf, count: told, file }) {
  const shown = el("p", { class: "shown" });
  const field = el("input", {
    type: "search",
    placeholder: "Filter…",
    "aria-label": "Filter by name, id or team",
    value: memory.wanted || null,
    oninput: () => {
      memory.wanted = field.value;
      narrow();
    },
  });
  const kinds =
    environmentOf &&
    choice("Environment", ["all", "live", "test"], memory.kind ?? "all", (kind) => {
      memory.kind = kind;
      narrow();
    });

  function narrow(isSaid = true) {
    const wanted = (memory.wanted ?? "").trim().toLowerCase();
    const kind = environmentOf ? (memory.kind ?? "all") : "all";
    const left = table.narrow(
      (row) =>
        (kind === "all" || environmentOf(row) === kind) && (!wanted || searched(row).toLowerCase().includes(wanted)),
    );
    shown.textContent = told(left);
    if (isSaid) say(shown.textContent);
  }

  narrow(false);
  return el(
    "div",
    { class: "tools" },
    field,
    kinds,
    shown,
    file && el("button", { type: "button", class: "plain", onclick: () => file(table.shownRows()) }, "Save CSV"),
  );
}

function choice(legend, options, chosen, choose) {
  const group = freshId("choice");
  return el(
    "fieldset",
    { class: "choice" },
    el("legend", { class: "unseen" }, legend),
    options.map((option) =>
      el(
        "label",
        {},
        el("input", {
          type: "radio",
          name: group,
          value: option,
          checked: option === chosen,
          onchange: () => choose(option),
        }),
        el("span", {}, capital(option)),
      ),
    ),
  );
}
