#!/bin/sh
# Put tmux on this machine, where the tests of the terminal find none and may install it.
set -eu
command -v tmux >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends tmux >/dev/null || true
    exit 0
fi
echo "The tests of the terminal leave out tmux, which only root can install here." >&2
