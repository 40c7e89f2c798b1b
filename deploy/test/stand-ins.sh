#!/usr/bin/env bash
# Where no image registry can be reached: an engine, and stand-ins under the names of the official images, by the scripts of
# the folder that is given. Adds what those lack: the libatomic that Node 26 is linked with, openssl beside HAProxy (which comes
# with the official image's ca-certificates), PostgreSQL 18, and Prometheus (an older one, of Debian's).
set -euo pipefail
folder=${1:?folder of prepare-engine.sh and base-images.sh}
suite=trixie next=forky
export NODE_MAJOR=26 NODE_SUITE=$suite SERVICE_SUITE=$suite

is_there() { docker image inspect "$1" --format '{{index .Config.Labels "roomkey.base"}}' 2>/dev/null | grep -qx "$2"; }
same_base() { docker image inspect "debian:$suite-slim" --format '{{.Id}}'; }

"$folder/prepare-engine.sh"
"$folder/base-images.sh" haproxy

if ! is_there "debian:$suite-slim" with-libatomic1; then
  docker build --quiet --label roomkey.base=with-libatomic1 --tag "debian:$suite-slim" - <<DOCKERFILE
FROM debian:$suite
RUN apt-get update && apt-get install --yes --no-install-recommends libatomic1 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
DOCKERFILE
fi
"$folder/base-images.sh" node

haproxy_with_openssl() {
  is_there haproxy:3.0 with-openssl || docker build --quiet --label roomkey.base=with-openssl --tag haproxy:3.0 - <<DOCKERFILE
FROM haproxy:standin
USER root
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
USER haproxy
DOCKERFILE
}

postgres_18() {
  if is_there postgres:18 "$(same_base)"; then return; fi
  # The archive as it was when this machine's copy was made.
  docker build --quiet --tag roomkey-stand-in/next - <<DOCKERFILE
FROM debian:$suite-slim
RUN sed -i s/$suite/$next/g \$(find /etc/apt/sources.list /etc/apt/sources.list.d -type f) \
 && echo 'Acquire::Check-Valid-Until "false";' >/etc/apt/apt.conf.d/kept-archive
DOCKERFILE
  # From 18 on the official image keeps all versions' clusters below one volume.
  sed '/^VOLUME/s,/data$,,' "$folder/images/postgres/Dockerfile" |
    docker build --quiet --label "roomkey.base=$(same_base)" --tag postgres:18 --file - \
      --build-arg BASE=roomkey-stand-in/next --build-arg PG_MAJOR=18 "$folder/images/postgres"
}

prometheus() {
  is_there prom/prometheus:v3.5.0 "$(same_base)" ||
    docker build --quiet --label "roomkey.base=$(same_base)" --tag prom/prometheus:v3.5.0 - <<DOCKERFILE
FROM debian:$suite-slim
RUN apt-get update && apt-get install --yes --no-install-recommends prometheus && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \\
 && install --directory --owner nobody /prometheus
USER nobody
ENTRYPOINT ["prometheus"]
DOCKERFILE
}

builds=()
for build in haproxy_with_openssl postgres_18 prometheus; do
  "$build" &
  builds+=($!)
done
for build in "${builds[@]}"; do wait "$build"; done
