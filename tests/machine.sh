#!/usr/bin/env bash
# Installs what the whole suite drives and the machine lacks, where that is possible (root and apt-get, npm).
set -euo pipefail
cd "$(dirname "$0")"

want=()
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || want+=(postgresql)
command -v chromium >/dev/null || want+=(chromium)
ldconfig -p | grep -q libical.so.3 || want+=(libical3)
fc-list 2>/dev/null | grep -qi "noto.*hebrew" || want+=(fonts-noto-core)
command -v caddy >/dev/null || want+=(caddy)
command -v age >/dev/null || want+=(age)
command -v systemd-analyze >/dev/null || want+=(systemd)
command -v dovecot >/dev/null || [ -x /usr/sbin/dovecot ] || want+=(dovecot-imapd)
command -v gammu-smsd >/dev/null || want+=(gammu-smsd)
command -v shellcheck >/dev/null || want+=(shellcheck)
if [ ${#want[@]} -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -qy "${want[@]}" >/dev/null ||
        echo "could not install: ${want[*]}; the tests that need them will say so" >&2
fi
if [ ! -e browser/node_modules/axe-core/axe.min.js ] && command -v npm >/dev/null; then
    npm install --silent --no-audit --no-fund --prefix browser >/dev/null 2>&1 ||
        echo "could not install axe-core; the accessibility tests will say so" >&2
fi
exit 0
