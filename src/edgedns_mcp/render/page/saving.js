// What a person takes along: a row on the clipboard, rows as CSV.

const RUN_BY_SPREADSHEETS = /^[=+\-@\t\r]/;

function csv(columns, rows) {
  const lines = [columns.map((column) => quoted(column.id)), ...rows.map((row) => cellsOf(columns, row).map(quoted))];
  return lines.map((line) => line.join(",")).join("\r\n") + "\r\n";
}

function cellsOf(columns, row) {
  return columns.map((column) => (column.raw ?? column.value)(row));
}

function quoted(value) {
  const text = typeof value === "number" ? String(value) : inert(String(value ?? ""));
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// A spreadsheet must not run what comes from outside; amounts of money are numbers in quotes, and stay what they are.
function inert(text) {
  return RUN_BY_SPREADSHEETS.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
}

async function save(name, text) {
  if (host.capabilities.downloadFile) await saveByHost(name, text);
  else if (host.isThere) showText(name, text);
  else saveAsFile(name, text);
}

async function saveByHost(name, text) {
  const resource = { uri: `file:///${name}`, mimeType: "text/csv", text };
  try {
    const result = await request("ui/download-file", { contents: [{ type: "resource", resource }] });
    if (result?.isError) showText(name, text);
    else say(`Saved ${name}.`);
  } catch {
    showText(name, text);
  }
}

function saveAsFile(name, text) {
  const link = el("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  say(`Saved ${name}.`);
}

// A sandbox lets no page save a file; the text itself can always be taken.
function showText(name, text) {
  const field = el("textarea", { rows: 10, readonly: true, "aria-label": name, spellcheck: "false" }, text);
  const shut = el("button", { type: "button", class: "plain", onclick: () => dialog.close() }, "Close");
  const take = el("button", { type: "button", class: "strong", onclick: () => copy(text, name, dialog) }, "Copy all");
  const title = el("h2", { id: freshId("title") }, name);
  const dialog = el(
    "dialog",
    { "aria-labelledby": title.id, onclose: () => dialog.remove() },
    title,
    el("p", {}, "This host saves no files; copy the text instead."),
    field,
    el("div", { class: "row" }, take, shut),
  );
  document.getElementById("page").append(dialog);
  dialog.showModal();
}

async function copy(text, what, near = document.body) {
  const isDone =
    copiedBySelection(text, near) ||
    (await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    ));
  say(isDone ? `Copied ${what}.` : "The host does not let this page copy.");
}

function copiedBySelection(text, near) {
  const before = document.activeElement;
  const field = el("textarea", { class: "unseen", "aria-hidden": "true", tabindex: "-1" }, text);
  near.append(field);
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  before?.focus({ preventScroll: true });
  return isDone;
}

function fileName(what, report) {
  const days = [report.window_start, report.window_end].filter(Boolean).map((one) => moment(one, report).slice(0, 10));
  return ["edgedns", what, ...days].join("-").replace(/[^A-Za-z0-9.-]/g, "") + ".csv";
}
