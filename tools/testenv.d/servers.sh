# servers.sh: starting and stopping PostgreSQL and Redis in the folder $dir, for tools/testenv.sh, which
# reads this file. The folder has, for each: its data, its log, its port and its process id.
# shellcheck shell=sh disable=SC2086,SC2154,SC2115 # $drop is a command with its options: meant to be split

# PostgreSQL refuses to run as root: then both servers run as another user.
choose_user() {
  drop=setpriv user=
  [ "$(id -u)" = 0 ] || return 0
  user=$(stat -c %U "${dir:-}/postgres" 2>/dev/null || id -nu postgres 2>/dev/null || echo nobody)
  drop="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups"
}

lock() { # one at a time in one folder
  exec 9>"$dir/lock"
  flock 9
}

alive() { # postgres|redis: it runs, and is the one of this folder (its number may be another's by now)
  [ -s "$dir/$1.pid" ] && [ "$($drop readlink "/proc/$(cat "$dir/$1.pid")/cwd")" = "$dir/$1" ]
}

ready() { # Told by the servers' own files: what answers on the port might be somebody else.
  case $1 in
    postgres) [ "$(sed -n '1p;8p' "$dir/postgres/postmaster.pid" 2>/dev/null | tr -d ' \n')" = "${pid}ready" ] ;;
    redis) grep -q 'Ready to accept connections' "$dir/redis.log" ;;
  esac
}

initialise() { # postgres|redis. The folder gets its name when it is complete.
  rm -rf "$dir/$1.new"
  mkdir "$dir/$1.new"
  [ -z "$user" ] || chown "$user" "$dir/$1.new"
  if [ "$1" = postgres ]; then
    set -- "$1" -U postgres -A trust --no-instructions --locale=C.UTF-8 -E UTF8
    [ -n "$password" ] || set -- "$@" --no-sync
    (shift; cd "$dir" && $drop "$pg/initdb" -D "$dir/postgres.new" "$@" >/dev/null)
    [ -z "$password" ] || make_role
  fi
  mv "$dir/$1.new" "$dir/$1"
}

# As in production: one role without privileges. Nobody else gets in; who needs the superuser stops
# the servers and uses `postgres --single`, as this does.
make_role() {
  printf "CREATE ROLE mcp_registry LOGIN PASSWORD '%s';\nCREATE DATABASE mcp_registry OWNER mcp_registry;\n" "$password" \
    | (cd "$dir" && $drop "$pg/postgres" --single -c log_checkpoints=off -D "$dir/postgres.new" postgres >/dev/null)
  echo 'host all mcp_registry 127.0.0.1/32 scram-sha-256' >"$dir/postgres.new/pg_hba.conf"
}

launch() { # postgres|redis, on $port, in the place of this subshell
  cd "$dir/$1" || exit 1
  exec 9>&- # the lock is not the server's
  if [ "$1" = postgres ]; then
    stop_by=QUIT # at once: nobody needs the data
    set -- "$pg/postgres" -D "$dir/postgres" -p "$port" -h 127.0.0.1 -c unix_socket_directories= -c max_connections=300
    [ -n "$password" ] || set -- "$@" -c fsync=off -c synchronous_commit=off -c full_page_writes=off
  else
    stop_by=TERM
    set -- redis-server - # settings from stdin: the list of processes shows no password
  fi
  # In `run` the kernel stops the server when our shell dies, however it dies. A session of its own:
  # Ctrl-C is for CMD, and a closed terminal does not end `services`.
  exec $drop ${tethered:+--pdeathsig $stop_by} setsid "$@" <<END
bind 127.0.0.1
port $port
dir "$dir/redis"
$(if [ -n "$password" ]; then printf 'appendonly yes\nrequirepass %s' "$password"; else echo 'save ""'; fi)
END
}

start() { # postgres|redis; leaves its $port
  if alive "$1"; then port=$(cat "$dir/$1.port"); return; fi
  [ -n "$password" ] || rm -rf "$dir/$1" "$dir/$1.port" # throwaway data is never used again
  [ -d "$dir/$1" ] || initialise "$1"
  # A killed PostgreSQL's note of itself, once no process is left in its folder; PostgreSQL would
  # take its zombie for alive (in a container whose first process does not collect them).
  [ -n "$($drop find /proc/[0-9]*/cwd -maxdepth 0 -lname "$dir/$1" 2>/dev/null || :)" ] || rm -f "$dir/$1/postmaster.pid"
  for _ in 1 2 3 4 5 6 7 8; do # somebody may take the port after we chose it
    port=$(cat "$dir/$1.port" 2>/dev/null || echo $((10000 + $(od -An -N2 -tu2 /dev/urandom) % 22000)))
    : >"$dir/$1.log" # now: what is read there next must be this server's
    launch "$1" >>"$dir/$1.log" 2>&1 &
    pid=$!
    echo "$pid" >"$dir/$1.pid"
    while kill -0 "$pid" 2>/dev/null; do
      if ready "$1"; then echo "$port" >"$dir/$1.port"; return; fi
      sleep 0.05
    done
    rm -f "$dir/$1.port"
  done
  cat "$dir/$1.log" >&2
  die 1 "$1 does not start"
}

stop() { # postgres|redis SIGNAL, and waits for its end
  alive "$1" || return 0
  kill -s "$2" "$(cat "$dir/$1.pid")" || :
  while alive "$1"; do sleep 0.05; done
}
