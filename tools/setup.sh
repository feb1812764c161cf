#!/usr/bin/env bash
# Makes this machine ready: system packages that are missing (by apt), then the downloads of tools/fetch.py.
#
#   tools/setup.sh build   what `make build` needs
#   tools/setup.sh run [DOWNLOAD...]   the same and what `make run` runs on, e.g. minilm-weights
#   tools/setup.sh python  what `make python` needs
#   tools/setup.sh test    what `make test` needs: the libraries of the tests, the weights of one model
#   tools/setup.sh bench   what the benchmarks need
#   tools/setup.sh check   what `make test` needs, and the tools of `make check` that the system offers: Clang, its sanitizers,
#                          clang-format, clang-tidy, Python's headers, Node and a browser; more models
#
# With everything here it asks dpkg, checks digests and stops: no apt call, no network.
# VETOR_SKIP_PACKAGES=1 leaves the system's packages alone (for machines without apt).
set -euo pipefail
cd "$(dirname "$0")/.."

# One package a line; a|b means the first of them that is installed or, if none is, that apt offers.
# Debian 12 has Boost 1.74 under the plain name, which is too old: hence the versions.
build_packages="
g++
cmake
ninja-build
libboost1.83-dev|libboost1.81-dev|libboost1.88-dev|libboost1.90-dev
libsqlite3-dev
libfmt-dev
libspdlog-dev
libcli11-dev
libxxhash-dev
libssl-dev
libcurl4-openssl-dev
libprotozero-dev
zlib1g-dev
libzstd-dev
"
test_packages="
libgtest-dev
libgmock-dev
"
python_packages="
python3-dev
python3-venv
"
bench_packages="
libbenchmark-dev
"
# A check whose tool is missing is skipped (`make check` says which).
check_packages="
ccache
clang-14|clang-16|clang-18|clang-19|clang
libclang-rt-14-dev|libclang-rt-16-dev|libclang-rt-18-dev|libclang-rt-19-dev|libclang-rt-dev
clang-tidy-14|clang-tidy-16|clang-tidy-18|clang-tidy-19|clang-tidy
clang-format-14|clang-format-16|clang-format-18|clang-format-19|clang-format
"

# Programs of `make check-web`, each with its package: a program may come from elsewhere (Node's own package brings npm).
check_programs="
node|nodejs
npm|npm
chromium|chromium
"

# Of `make bench-serve` alone, which says so if one is missing.
bench_programs="
wrk|wrk
taskset|util-linux
"

fail() {  # step, why, remedy
  printf '\nsetup: failed\n  step:   %s\n  why:    %s\n  remedy: %s\n' "$1" "$2" "$3" >&2
  exit 1
}

is_installed() {
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Sets missing_packages to the lines of "$@" of which no alternative is installed.
find_missing() {
  missing_packages=()
  local line alternative
  for line in "$@"; do
    for alternative in ${line//|/ }; do
      if is_installed "$alternative"; then continue 2; fi
    done
    missing_packages+=("$line")
  done
}

run_apt() {
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "apt-get $*" "not root, and there is no sudo" \
      "run as root: apt-get install --no-install-recommends ${missing_packages[*]%%|*}"
    as_root=(sudo)
  fi
  local log
  log=$(mktemp)
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "$@" </dev/null >"$log" 2>&1; then
    local why
    why=$(grep -E '^(E|W|Err|dpkg):?' "$log" | tail -n 6 || true)
    [ -n "$why" ] || why=$(tail -n 6 "$log")
    rm -f "$log"
    fail "apt-get $*" "${why//$'\n'/$'\n'          }" \
      "check the network and the package sources, then run the same command again"
  fi
  rm -f "$log"
}

install_packages() {
  find_missing "$@"
  if [ ${#missing_packages[@]} -eq 0 ]; then return; fi
  command -v apt-get >/dev/null || fail "installing packages" "there is no apt-get on this machine" \
    "install what corresponds to: ${missing_packages[*]} and run again with VETOR_SKIP_PACKAGES=1"
  if [ -z "${lists_are_fresh:-}" ]; then
    echo "setup: updating the package lists"
    run_apt update --quiet
    lists_are_fresh=1
  fi
  local chosen=() line alternative
  for line in "${missing_packages[@]}"; do
    for alternative in ${line//|/ }; do
      if [ -n "$(apt-cache madison "$alternative" 2>/dev/null)" ]; then
        chosen+=("$alternative")
        continue 2
      fi
    done
    fail "choosing a package" "apt offers none of: ${line//|/, }" \
      "use Debian 12, Debian 13, Ubuntu 24.04 or newer, or add the package source (Ubuntu: universe)"
  done
  echo "setup: installing ${chosen[*]}"
  run_apt install --yes --quiet --no-install-recommends "${chosen[@]}"
}

# The client programs that the downloads still missing would need; none when all is there.
install_clients() {
  local client packages=()
  for client in $(python3 tools/fetch.py --clients "$@"); do
    case $client in
      pip) python3 -m pip --version >/dev/null 2>&1 || packages+=(python3-pip) ;;
      mvn) command -v mvn >/dev/null || packages+=(maven) ;;
    esac
  done
  install_packages "${packages[@]}"
}

# The same for packages that a check can do without: a failure is a line, not an end.
install_optional() {
  (install_packages "$@") || echo "setup: going on without: ${*%%|*}; the checks that need them are skipped"
}

# The packages of the programs that are missing, one after the other: some go where others do not.
install_programs() {
  local line
  for line in "$@"; do
    command -v "${line%%|*}" >/dev/null || install_optional "${line##*|}"
  done
}

purpose=${1:-test}
optional="" programs=""
case $purpose in
  build) packages=$build_packages downloads="runtime headers" ;;
  python) packages=$build_packages$python_packages downloads="headers" ;;
  run) packages=$build_packages downloads="runtime headers ${*:2}" ;;
  test) packages=$build_packages$test_packages downloads="runtime headers minilm-weights" ;;
  bench)
    packages=$build_packages$bench_packages programs=$bench_programs
    downloads="runtime headers minilm-weights ${*:2}"
    ;;
  check)
    packages=$build_packages$test_packages$python_packages optional=$check_packages programs=$check_programs
    downloads="runtime headers minilm-weights minilm-int8 bge-small"
    ;;
  *) echo "usage: tools/setup.sh [build|python|run|test|bench|check]" >&2 && exit 2 ;;
esac

command -v python3 >/dev/null || fail "starting" "there is no python3" "install the package python3"
if [ "${VETOR_SKIP_PACKAGES:-0}" = 1 ]; then
  echo "setup: packages left alone (VETOR_SKIP_PACKAGES=1)"
else
  # shellcheck disable=SC2086  # one word a package
  install_packages $packages
  # shellcheck disable=SC2086
  [ -z "$optional" ] || install_optional $optional
  # shellcheck disable=SC2086
  install_programs $programs
  # shellcheck disable=SC2086
  install_clients $downloads
fi
# shellcheck disable=SC2086
python3 tools/fetch.py $downloads
