#!/bin/sh
# testenv.sh: PostgreSQL and Redis of our own, for tests and development, on free loopback ports.
# Servers that the machine has already are neither used nor disturbed.
#
#   run CMD…           starts both in a new temporary folder, runs CMD with TEST_DATABASE_URL and
#                      TEST_REDIS_URL set, and stops both; any number of runs may go on at once
#   up | env | down    the same without CMD: up starts them, up and env print the two variables
#   services up|down   for development: kept in data/services (or SERVICES_DIR), with passwords;
#                      prints what belongs into .env
#
# What TEST_DATABASE_URL or TEST_REDIS_URL names is used as it is. For the rest, the programs are
# this machine's (PG_BIN: the folder of PostgreSQL's), else installed by apt if we are root or sudo
# asks nothing, else fetched from PyPI. If there is no way: exit 69, and one line that says what to
# install.
# shellcheck disable=SC2086 # $drop is a command with its options: meant to be split
set -eu
mask=$(umask)
umask 077
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
. "$root/tools/testenv.d/programs.sh"
. "$root/tools/testenv.d/servers.sh"
password='' tethered='' child='' # a password: the servers are for development, their data stays

die() { echo "testenv.sh: $2" >&2; exit "$1"; }
ours() { [ "$(stat -c %u "$1" 2>/dev/null)" = "$(id -u)" ]; }

prepare() {
  find_programs || { from_apt && find_programs; } || { from_pypi && find_programs; } \
    || die 69 "missing:$missing. Install with: sudo apt-get install$missing (or name running servers in TEST_DATABASE_URL and TEST_REDIS_URL)"
  choose_user
  $drop test -x "$dir" || die 69 "the servers run as user $user, who cannot enter $dir: run this as another user than root, or choose another folder"
  lock
}

start_throwaway() { # those that the caller did not name
  prepare
  [ -n "${TEST_DATABASE_URL:-}" ] || { start postgres; TEST_DATABASE_URL=postgres://postgres@127.0.0.1:$port/postgres; }
  [ -n "${TEST_REDIS_URL:-}" ] || { start redis; TEST_REDIS_URL=redis://127.0.0.1:$port; }
  export TEST_DATABASE_URL TEST_REDIS_URL
}

end_run() { # after CMD, or instead of it
  trap '' INT TERM
  if [ -n "$child" ] && kill "$child" 2>/dev/null; then wait "$child" || :; fi
  stop postgres QUIT
  stop redis TERM
  rm -rf "$dir"
}

run() { # CMD…
  for old in "$tmp"/mcp-registry-run.*; do # what killed runs left: nobody holds the lock
    ! ours "$old" || [ ! -e "$old/lock" ] || flock -n "$old/lock" rm -rf "$old" || :
  done
  dir=$(mktemp -d "$tmp/mcp-registry-run.XXXXXX")
  [ "$(id -u)" != 0 ] || chmod 711 "$dir"
  tethered=yes
  trap end_run EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  start_throwaway
  # CMD runs in the background, so that a signal to this shell alone need not wait for its end. Such
  # a command would be deaf to Ctrl-C: env (of coreutils 8.31) gives it back its ears.
  # If this shell is killed, CMD is asked to end.
  if env --default-signal=INT,QUIT true 2>/dev/null; then set -- env --default-signal=INT,QUIT "$@"; fi
  (umask "$mask"; exec setpriv --pdeathsig TERM "$@") <&0 9>&- &
  child=$! code=0
  wait "$child" || code=$?
  child=
  exit "$code"
}

up() {
  mkdir -p "$dir"
  ours "$dir" || die 1 "$dir belongs to somebody else"
  [ "$(id -u)" != 0 ] || chmod 711 "$dir"
  start_throwaway
  printf "export TEST_DATABASE_URL='%s'\nexport TEST_REDIS_URL='%s'\n" "$TEST_DATABASE_URL" "$TEST_REDIS_URL" | tee "$dir/env"
}

print_env() {
  for server in postgres redis; do
    [ ! -e "$dir/$server.pid" ] || alive "$server" || rm -f "$dir/env"
  done
  cat "$dir/env" 2>/dev/null || die 1 "nothing runs in $dir: tools/testenv.sh up"
}

down() {
  [ -d "$dir" ] || return 0
  lock
  stop postgres QUIT
  stop redis TERM
  rm -rf "$dir"/postgres* "$dir"/redis* "$dir/env"
}

services_up() {
  unset TEST_DATABASE_URL TEST_REDIS_URL
  # Root's servers run as another user, who has to get through to their folder (not to see others).
  [ "$(id -u)" != 0 ] || chmod o+x "$dir" "$(dirname "$dir")"
  prepare
  [ -s "$dir/password" ] || od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$dir/password"
  password=$(cat "$dir/password")
  start postgres
  echo "DATABASE_URL=postgres://mcp_registry:$password@127.0.0.1:$port/mcp_registry"
  start redis
  echo "MREG_REDIS_URL=redis://default:$password@127.0.0.1:$port"
}

services_down() {
  [ -d "$dir" ] || return 0
  lock
  stop postgres INT # with a last checkpoint
  stop redis TERM
}

choose_user
tmp=${TMPDIR:-/tmp}
$drop test -x "$tmp" || tmp=/tmp # root's own temporary folder is closed to others
tmp=$(cd "$tmp" && pwd -P)
case ${1:-} in
  services) dir=$(mkdir -p "${SERVICES_DIR:-$root/data/services}" && cd "${SERVICES_DIR:-$root/data/services}" && pwd -P) ;;
  *) dir=${TESTENV_DIR:-$tmp/mcp-registry-testenv-$(id -u)} ;;
esac
choose_user # again: whose data is in $dir
case "${1:-} ${2:-}" in
  "run "?*) shift; run "$@" ;;
  "up ") up ;;
  "env ") print_env ;;
  "down ") down ;;
  "services up") services_up ;;
  "services down") services_down ;;
  *) die 64 "usage: testenv.sh run CMD… | up | env | down | services up | services down" ;;
esac
