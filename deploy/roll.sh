#!/usr/bin/env bash
# Replaces every replica of services, one service after another, without a pause: roll.sh auth image … (Compose itself stops all
# of a service at once). As many again are started, and when they are ready the old ones are told to leave.
set -euo pipefail

for service in "$@"; do
  mapfile -t old < <(docker compose ps --quiet "$service")
  docker compose up --detach --wait --no-recreate --scale "$service=$((2 * ${#old[@]}))" "$service"
  for replica in "${old[@]}"; do
    docker stop "$replica"
    docker rm "$replica"
  done
done
