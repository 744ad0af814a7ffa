#!/bin/sh
# netns.sh COMMAND...: runs the command in a network namespace of its own with loopback and one pair of interfaces up, so
# that real clients see nothing but the test. Needs root (or the right to make user namespaces) and iproute2.
set -eu
[ $# -gt 0 ] || { echo "usage: netns.sh COMMAND..." >&2; exit 2; }
command -v ip >/dev/null || { echo "netns.sh: ip is missing: install iproute2" >&2; exit 2; }
inside='ip link set lo up
ip link add veth-a type veth peer name veth-b
ip addr add 192.0.2.1/24 dev veth-a
ip link set veth-a up
ip link set veth-b up
exec "$@"'
if [ "$(id -u)" = 0 ]; then
  exec unshare --net sh -euc "$inside" netns "$@"
else
  exec unshare --user --map-root-user --net sh -euc "$inside" netns "$@"
fi
