#!/bin/sh
# Put nginx, Caddy and systemd's checks on this machine, where the tests of deploy/ find none and may install some.
set -eu
missing=
command -v nginx >/dev/null || missing="$missing nginx-light"
command -v caddy >/dev/null || missing="$missing caddy"
command -v systemd-analyze >/dev/null || missing="$missing systemd"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    # The packages would start what they install; only the programs are wanted.
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    # shellcheck disable=SC2086 - names of packages
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null || status=$?
    rm -f /usr/sbin/policy-rc.d
    exit "${status:-0}"
fi
echo "The tests of deploy/ leave out$missing, which only root can install here." >&2
