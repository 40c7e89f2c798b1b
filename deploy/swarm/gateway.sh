#!/usr/bin/env bash
# Starts HAProxy in a swarm. Each network has a name for its address here; they are known shortly after the container's start. What
# comes in by a port of the node arrives at one more address, on the node's own bridge, which has none: it is HAProxy's public one.
set -euo pipefail
names=(public.gateway auth.gateway image.gateway profile.gateway data.gateway)

until getent hosts "${names[@]}" >/dev/null; do sleep 0.2; done
known=$(for name in "${names[@]}"; do getent hosts "$name"; done | awk '{ print $1 }')
address=$(hostname -I | tr ' ' '\n' | grep -F . | grep -vxF "$known")
sed "s/public\.gateway/$address/" /usr/local/etc/haproxy/haproxy.cfg >/tmp/haproxy.cfg
exec haproxy -W -db -f /tmp/haproxy.cfg
