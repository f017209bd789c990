#!/bin/sh
# Name a Python of at least version 3.MINOR that works: newer_python.sh MINOR. Prints nothing where this machine has none.
minor=$1

for python in .venv/bin/python python3 python3.14 python3.13 python3.12 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python; do
    if "$python" -c "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, $minor))" 2>/dev/null; then
        echo "$python"
        exit 0
    fi
done
