#!/bin/sh
# Installs missing programs that the tests need, with apt or Go if available; otherwise says what to install.
# Tools that only the tests use go into a cache, where test/support/test-tool.ts finds them.
set -eu

# Change this name when a version below changes.
tools="${XDG_CACHE_HOME:-$HOME/.cache}/pkce-gateway/test-tools-1"
helm=helm.sh/helm/v3/cmd/helm@v3.18.6
kubectl_validate=sigs.k8s.io/kubectl-validate@v0.0.4
gateway_api=sigs.k8s.io/gateway-api@v1.4.1
prometheus_operator=github.com/prometheus-operator/prometheus-operator@v0.85.0

has() { command -v "$1" >/dev/null 2>&1 || [ -x "$tools/bin/$1" ]; }

missing=''
need() { # command, Debian package
  has "$1" || missing="$missing $2"
}
need redis-server redis-server
need openssl openssl
need systemd-analyze systemd
command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || need chromium chromium
prometheus=''
{ has prometheus && has promtool; } || prometheus=prometheus

install_packages() {
  command -v apt-get >/dev/null 2>&1 || return 1
  if [ "$(id -u)" = 0 ]; then as_root=''; else as_root='sudo -n'; fi
  echo "installing:$missing $prometheus"
  $as_root apt-get update -qq || return 1
  if [ -n "$missing" ]; then
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null || return 1
  fi
  [ -z "$prometheus" ] || unpack_prometheus
}

# Takes only the two programs: installing the package would start a server.
unpack_prometheus() {
  scratch=$(mktemp -d)
  mkdir -p "$tools/bin"
  (cd "$scratch" && apt-get download -qq -o APT::Sandbox::User=root prometheus && dpkg-deb -x prometheus_*.deb . &&
    mv usr/bin/prometheus usr/bin/promtool "$tools/bin/") && rm -r "$scratch"
}

# The chart's tools are Go programs without a Debian package. Without Go, the chart's tests fail and say so.
install_chart_tools() {
  command -v go >/dev/null 2>&1 || return 1
  echo 'building helm and kubectl-validate for the chart tests: takes some minutes, only once'
  scratch=$(mktemp -d)
  modules=$(go env GOMODCACHE)
  operator_crds="$modules/$prometheus_operator/example/prometheus-operator-crd"
  mkdir -p "$tools/bin" "$tools/crds" &&
    cd "$scratch" &&
    GOBIN="$scratch" CGO_ENABLED=0 go install "$helm" &&
    GOBIN="$scratch" CGO_ENABLED=0 go install "$kubectl_validate" &&
    go mod download "$gateway_api" "$prometheus_operator" &&
    cp "$modules/$gateway_api/config/crd/standard/"*_httproutes.yaml "$tools/crds/" &&
    cp "$operator_crds/"*_servicemonitors.yaml "$operator_crds/"*_prometheusrules.yaml "$tools/crds/" &&
    chmod u+w "$tools/crds/"* &&
    mv kubectl-validate helm "$tools/bin/" &&
    rm -r "$scratch"
}

if [ -n "$missing$prometheus" ] && ! install_packages; then
  echo "The tests need these programs, which could not be installed here:$missing $prometheus" >&2
  echo "On Debian or Ubuntu: apt-get install$missing $prometheus. On macOS: brew install redis chromium prometheus." >&2
  exit 1
fi
if ! [ -x "$tools/bin/helm" ] && ! (install_chart_tools); then
  echo '*** The tests of charts/pkce-gateway WILL FAIL: they need helm, which needs Go 1.24 or newer to be built. ***' >&2
fi
