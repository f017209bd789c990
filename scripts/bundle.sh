#!/bin/sh
# Packs dist/edgedns-mcp.mcpb, for desktop clients that install bundles: the manifest and the sources; uv brings the rest.
set -eu
cd "$(dirname "$0")/.."
node=.envs/node24/bin/node mcpb=.envs/node/node_modules/@anthropic-ai/mcpb/dist/cli/cli.js folder=dist/mcpb

rm -rf "$folder"
mkdir -p "$folder"
cp packaging/mcpb/manifest.json pyproject.toml README.md LICENSE "$folder"
cp -R src "$folder/src"
find "$folder" -name __pycache__ -prune -exec rm -rf {} +
"$node" "$mcpb" validate "$folder/manifest.json"
"$node" "$mcpb" pack "$folder" dist/edgedns-mcp.mcpb
