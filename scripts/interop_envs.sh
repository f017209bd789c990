#!/bin/sh
# Install one client's environment from its pins: interop_envs.sh PYTHON NAME makes .envs/NAME from tests/interop/envs/NAME.txt.
set -eu
cd "$(dirname "$0")/.."
python=$1 name=$2
pins=tests/interop/envs/$name.txt folder=.envs/$name

cmp -s "$pins" "$folder/installed.txt" && exit 0
sh scripts/venv.sh "$python" "$folder"
nice "$folder/bin/python" -m pip install -qq --disable-pip-version-check --requirement "$pins"
cp "$pins" "$folder/installed.txt"
