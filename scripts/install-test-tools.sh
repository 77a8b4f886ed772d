#!/bin/sh
# Installs what the tests need beside npm packages, where this machine lacks it and apt can be used; else says what to install.
set -eu

missing=''
need() { # command, Debian package
  command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need redis-server redis-server
need openssl openssl
command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || need chromium chromium

[ -n "$missing" ] || exit 0
if command -v apt-get >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then as_root=''; else as_root='sudo -n'; fi
  echo "installing:$missing"
  if $as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null; then
    exit 0
  fi
fi
echo "The tests need these programs, which could not be installed here:$missing" >&2
echo "On Debian or Ubuntu: apt-get install$missing. On macOS: brew install redis chromium." >&2
exit 1
