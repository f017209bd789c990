// A real host around the page: the AppBridge of the MCP Apps SDK, a sandboxed frame, and tools of the real server.

import { AppBridge, PostMessageTransport } from "@modelcontextprotocol/ext-apps/app-bridge";

const told = { sizes: [], files: [], calls: [], modes: [], context: null };
let bridge;

// `callTool` is the server's, put there by the test.
window.openApp = async ({ context, capabilities }) => {
  document.querySelector("iframe")?.remove();
  Object.assign(told, { sizes: [], files: [], calls: [], modes: [] });
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.setAttribute("title", "Usage");
  bridge = new AppBridge(null, { name: "test-host", version: "1.0.0" }, capabilities, { hostContext: context });
  bridge.oncalltool = async (params) => {
    told.calls.push(params);
    return window.callTool(params);
  };
  bridge.ondownloadfile = async ({ contents }) => {
    told.files.push(contents[0].resource);
    return {};
  };
  bridge.onsizechange = (size) => {
    told.sizes.push(size);
  };
  bridge.onrequestdisplaymode = async ({ mode }) => {
    told.modes.push(mode);
    return { mode };
  };
  const isReady = new Promise((resolve) => {
    bridge.oninitialized = resolve;
  });
  document.body.append(frame);
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  frame.src = "http://app.test/";
  await isReady;
};

window.sendInput = (given) => bridge.sendToolInput({ arguments: given });
window.sendResult = (result) => bridge.sendToolResult(result);
window.sendCancelled = (reason) => bridge.sendToolCancelled({ reason });
window.changeContext = (context) => bridge.setHostContext(context);
window.teardown = () => bridge.teardownResource({});
window.told = () => told;
