#!/bin/sh
# Put a browser and what drives it into .envs/browser; .envs/browser/path names it, and is empty where none can be had.
set -eu
cd "$(dirname "$0")/.."
sh scripts/node.sh
envs=$PWD/.envs/browser pins=$PWD/tests/browser/envs/package.json

if ! cmp -s "$pins" "$envs/installed.json"; then
    mkdir -p "$envs"
    cp "$pins" "$envs/package.json"
    (cd "$envs" && PATH="$PWD/../node24/bin:$PATH" nice npm install --silent --no-audit --no-fund --no-package-lock --cache "$PWD/../npm-cache")
    cp "$pins" "$envs/installed.json"
fi
.envs/node24/bin/node tests/browser/browser.mjs find
