// The host around the page: JSON-RPC by messages to the parent window, and from nobody else.

const PROTOCOL = "2026-01-26";
const host = { capabilities: {}, context: {}, isThere: window.parent !== window };
const waiting = new Map();
let asked = 0;

function send(message) {
  window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*"); // the host's origin is not told to a page
}

function notify(method, params = {}) {
  send({ method, params });
}

function request(method, params) {
  asked += 1;
  send({ id: asked, method, params });
  return new Promise((resolve, reject) => waiting.set(asked, { resolve, reject }));
}

// Give the structured answer of a tool; what went wrong is an error with the server's own words.
async function ask(tool, given) {
  const result = await request("tools/call", { name: tool, arguments: given });
  return answerOf(result);
}

function answerOf(result) {
  const words = (result.content ?? [])
    .filter((part) => part.type === "text")
    .map((part) => part.text)
    .join("\n");
  if (result.isError) throw new Error(words || "The tool failed without a word.");
  return result.structuredContent ?? { words };
}

// `does` has a function for each notification and request of the host, by its method.
async function connect(does) {
  window.addEventListener("message", (event) => {
    if (event.source === window.parent && event.data?.jsonrpc === "2.0") received(event.data, does);
  });
  const told = await request("ui/initialize", {
    protocolVersion: PROTOCOL,
    appInfo: { name: "edgedns-usage", version: "1.0.0" },
    appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
  });
  host.capabilities = told.hostCapabilities ?? {};
  learn(told.hostContext ?? {});
  notify("ui/notifications/initialized");
  tellSize();
}

function received(message, does) {
  if (message.method === undefined) settle(message);
  else if (message.id === undefined) does[message.method]?.(message.params ?? {});
  else reply(message, does);
}

function settle({ id, result, error }) {
  const asker = waiting.get(id);
  waiting.delete(id);
  if (error) asker?.reject(new Error(error.message || "The host refused."));
  else asker?.resolve(result);
}

function reply({ id, method, params }, does) {
  if (method === "ping" || method === "ui/resource-teardown") {
    does[method]?.(params ?? {});
    send({ id, result: {} });
  } else {
    send({ id, error: { code: -32601, message: `The page does not know ${method}.` } });
  }
}

// What the host says of itself comes whole at first and in parts later.
function learn(context) {
  Object.assign(host.context, context);
  const root = document.documentElement;
  if (host.context.theme === "light" || host.context.theme === "dark") root.dataset.theme = host.context.theme;
  const font = host.context.styles?.variables?.["--font-sans"];
  if (font) root.style.setProperty("--font", font);
  for (const [side, room] of Object.entries(host.context.safeAreaInsets ?? {})) {
    root.style.setProperty(`--safe-${side}`, `${Number(room) || 0}px`);
  }
}

function tellSize() {
  const page = document.getElementById("page");
  const tell = () =>
    notify("ui/notifications/size-changed", {
      width: Math.ceil(page.scrollWidth),
      height: Math.ceil(page.getBoundingClientRect().height),
    });
  new ResizeObserver(tell).observe(page, { box: "border-box" });
}

function canAsk() {
  return Boolean(host.capabilities.serverTools);
}
