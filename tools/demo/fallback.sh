#!/bin/sh
# The demo without Node: the example server of the tests (rmcp) instead of server-everything, and
# curl instead of the SDK's client. The same steps.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
message="hello from the demo"
folder=$(mktemp -d "${TMPDIR:-/tmp}/mcp-registry-demo.XXXXXX")
upstream_pid=
registry_pid=
# They are read before the programs have made them.
: >"$folder/upstream.log"
: >"$folder/registry.log"

clean_up() {
    for pid in $registry_pid $upstream_pid; do
        end "$pid"
    done
    registry_pid=
    upstream_pid=
    rm -rf "$folder"
}
# Politely first; a program that has not begun to listen to signals yet may not hear that.
end() { # pid
    tries=50
    kill -TERM "$1" 2>/dev/null || true
    while kill -0 "$1" 2>/dev/null && [ "$tries" -gt 0 ]; do
        tries=$((tries - 1))
        sleep 0.1
    done
    kill -KILL "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

steps=0
title=
step() {
    steps=$((steps + 1))
    title=$1
    echo "$steps. $title"
}
say() { echo "   $1"; }
fail() {
    echo "demo: step $steps failed: $title: $1" >&2
    exit 1
}

# The program named by a variable, else the newest build that is there.
program() { # variable, name
    eval "path=\${$1:-}"
    [ -z "$path" ] || { echo "$path"; return; }
    for profile in release debug; do
        [ ! -x "$root/target/$profile/$2" ] || { echo "$root/target/$profile/$2"; return; }
    done
    return 1
}

# Members of flat JSON, for texts that hold no quotes: what the demo reads is made of such.
member() { # name, json
    printf '%s' "$2" | sed -n "s/.*\"$1\":\"\\([^\"]*\\)\".*/\\1/p"
}

# Waits until a command prints something; its output is in $found. What it says of a failure is
# the last line of its own.
await() { # seconds, what is awaited, command…
    tries=$(($1 * 10))
    awaited=$2
    shift 2
    while :; do
        found=$("$@") || exit 1
        [ -z "$found" ] || return 0
        for pid in $upstream_pid $registry_pid; do
            kill -0 "$pid" 2>/dev/null || fail "it ended: $(tail -q -n 5 "$folder"/*.log)"
        done
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fail "$awaited did not come in time"
        sleep 0.1
    done
}

# One request; the answer's body is in $body, its status must be the expected one.
ask() { # expected status, method, url, token, [body]
    expected=$1 method=$2 url=$3 token=$4
    set -- -sS -m 30 -o "$folder/body" -w '%{http_code}' -X "$method" "$url" ${5+-H "Content-Type: application/json"} ${5+--data "$5"}
    [ -z "$token" ] || set -- "$@" -H "Authorization: Bearer $token"
    status=$(curl "$@" -H "Accept: application/json, text/event-stream" -H "MCP-Protocol-Version: 2025-11-25") ||
        fail "$method $url did not answer"
    body=$(cat "$folder/body")
    [ "$status" = "$expected" ] || fail "$method $url answered $status, not $expected: $body"
}

address_of() { # public-api or mcp-gateway
    sed -n "/\"message\":\"listening\"/s/.*\"server\":\"$1\",\"address\":\"\\([^\"]*\\)\".*/\\1/p" "$folder/registry.log"
}

discovered() {
    ask 200 GET "$registration/manifest" "$administrator"
    case $body in *'"state":"failed"'*) fail "the server could not be read: $body" ;; esac
    case $body in *'"state":"complete"'*) echo "$body" ;; esac
}

listed() {
    ask 200 POST "$gateway/mcp" "$submitter" '{"jsonrpc":"2.0","id":2,"method":"tools/list"}'
    printf '%s' "$body" | grep -o "\"name\":\"${alias}__[^\"]*\"" | sed 's/"name":"\(.*\)"/\1/' | tr '\n' ' '
}

command -v curl >/dev/null 2>&1 || { echo "demo: curl is needed, and it is not here" >&2; exit 1; }

step "Start mcp-echo-server"
binary=$(program MCP_ECHO_SERVER_BIN mcp-echo-server) || fail "it is not built: cargo build -p registry-testkit"
"$binary" >"$folder/upstream.log" 2>&1 &
upstream_pid=$!
await 30 "the server's address" sed -n '/^http/p' "$folder/upstream.log"
upstream=$found
say "an MCP server answers at $upstream"

step "Start mcp-registry"
binary=$(program MCP_REGISTRY_BIN mcp-registry) || fail "it is not built: cargo build -p standalone"
case $binary in /*) ;; *) binary=$(pwd)/$binary ;; esac
# Nothing of the caller's settings comes in: the demo shows the defaults.
cd "$folder"
env -i PATH="$PATH" HOME="$folder" ENVIRONMENT=development MREG_DATA_DIR=data MREG_SERVICE_PORT=0 \
    MREG_FASTMCP_PORT=0 MREG_SERVICE_WORKERS=1 "$binary" serve >"$folder/registry.log" 2>&1 &
registry_pid=$!
await 30 "the public API" address_of public-api
api=http://$found
await 30 "the gateway" address_of mcp-gateway
gateway=http://$found
say "public API at $api, MCP gateway at $gateway/mcp"

step "Get two tokens from the development issuer"
ask 200 POST "$api/dev/token" "" '{"subject":"submitter","roles":["user"]}'
submitter=$(member access_token "$body")
ask 200 POST "$api/dev/token" "" '{"subject":"administrator","roles":["admin"]}'
administrator=$(member access_token "$body")
say "one for the submitter, one for the administrator"

step "Submit the server"
ask 201 POST "$api/registrations" "$submitter" "{\"endpoint_url\":\"$upstream\",\"endpoint_name\":\"Echo\",\"owner_contact\":\"submitter@example.com\",\"available_tools\":[]}"
id=$(member registration_id "$body")
registration=$api/registrations/$id
say "registration $id is $(member status "$body")"

step "Wait until its manifest was read"
await 30 "the manifest" discovered
digest=$(printf '%s' "$found" | grep -o 'sha256:[0-9a-f]*' | head -n 1)
say "$(printf '%s' "$found" | grep -o '"inputSchema"' | wc -l | tr -d ' ') tools"
say "digest $digest"

step "Approve what was read"
ask 200 PATCH "$registration/status" "$administrator" "{\"status\":\"Approved\",\"manifest_digest\":\"$digest\"}"
alias=$(member alias "$body")
say "registration is $(member status "$body"), alias $alias, at $(member mcp_url "$body")"

step "Connect to the gateway"
ask 200 POST "$gateway/mcp" "$submitter" '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"mcp-registry-demo","version":"1.0.0"}}}'
say "connected to $(printf '%s' "$body" | sed -n 's/.*"serverInfo":\({[^}]*}\).*/\1/p')"

step "List the tools"
await 10 "a tool of $alias" listed
case " $found" in *" ${alias}__echo "*) ;; *) fail "there is no ${alias}__echo: $found" ;; esac
say "tools: $found"

step "Call ${alias}__echo"
ask 200 POST "$gateway/mcp" "$submitter" "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\",\"params\":{\"name\":\"${alias}__echo\",\"arguments\":{\"text\":\"$message\"}}}"
echoed=$(member text "$body")
case $echoed in *"$message"*) ;; *) fail "answered $body" ;; esac

step "Stop both"
clean_up
echo "$echoed"
