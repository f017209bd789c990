// Drives the TypeScript SDK; the mode is v1 (@modelcontextprotocol/sdk) or v2 (@modelcontextprotocol/client).

import { createRequire } from "node:module";

const require = createRequire(new URL("../../.envs/node/package.json", import.meta.url));
const job = JSON.parse(process.argv[2]);
const v1 = "@modelcontextprotocol/sdk/client";
const v2 = "@modelcontextprotocol/client";
const [clientModule, stdioModule, httpModule] = {
  v1: [`${v1}/index.js`, `${v1}/stdio.js`, `${v1}/streamableHttp.js`],
  v2: [v2, `${v2}/stdio`, v2],
}[job.mode];
const { Client } = require(clientModule);
const { StdioClientTransport } = require(stdioModule);
const { StreamableHTTPClientTransport } = require(httpModule);

const transport = job.url
  ? new StreamableHTTPClientTransport(new URL(job.url), { requestInit: { headers: job.headers } })
  : new StdioClientTransport({ command: job.command, args: job.args, env: job.env });

const client = new Client({ name: "interop", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
await client.connect(transport);
const { tools } = await client.listTools();
const results = [];
for (const call of job.calls) {
  results.push(await client.callTool(call));
}

console.log(JSON.stringify({
  tools: tools.map((tool) => tool.name),
  schemas: Object.fromEntries(tools.map((tool) => [tool.name, tool.inputSchema])),
  sent_to_model: results,
  protocol: client.getNegotiatedProtocolVersion?.(),
}));
await client.close();
