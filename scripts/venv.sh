#!/bin/sh
# Make a virtual environment: venv.sh PYTHON FOLDER. A bare Debian has no python3-venv: install it as root, else say so.
set -eu
python=$1 folder=$2

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "edgedns-mcp needs Python 3.11 or newer and $python is older: run make PYTHON=/path/to/python3.11." >&2
    exit 1
}
[ -x "$folder/bin/python" ] && "$folder/bin/python" -m pip --version >/dev/null 2>&1 && exit 0
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
    else
        echo "This Python has no venv module: run 'sudo apt-get install python3-venv', then make again." >&2
        exit 1
    fi
fi
rm -rf "$folder"
"$python" -m venv "$folder"
