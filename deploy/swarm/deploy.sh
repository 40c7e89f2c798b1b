#!/usr/bin/env bash
# Brings the stack to what stack.yml and the environment say: each database's migration to its end, then the services, replica
# by replica. A migration must suit the services that run while it runs, those of the version before.
set -euo pipefail
cd "$(dirname "$0")"
stack=${ROOMKEY_STACK:-roomkey} images=${ROOMKEY_IMAGES:-roomkey} version=${ROOMKEY_VERSION:-latest}
deadline_seconds=120
# Swarm asks a registry for a digest; images that are in none are taken as they are on the node.
resolve=${ROOMKEY_RESOLVE_IMAGE:-always}

migrate() {
  local job=$stack-migrate-$1 options=()
  [ "$resolve" != never ] || options+=(--no-resolve-image)
  docker service rm "$job" >/dev/null 2>&1 || true
  timeout "$deadline_seconds" docker service create --quiet --name "$job" --mode replicated-job --with-registry-auth "${options[@]}" \
    --restart-condition on-failure --restart-max-attempts 3 --no-healthcheck --read-only --cap-drop ALL --limit-memory 256M \
    --network "$stack-$1-database" --env DATABASE_URL_FILE=/run/secrets/database-url \
    --secret "source=$stack-$1-database-url,target=/run/secrets/database-url,gid=1000,mode=0440" \
    "$images/$1:$version" node ../../packages/database/src/migrate-command.ts migrations >/dev/null || true
  docker service logs --raw "$job"
  docker service ps --format '{{.CurrentState}}' "$job" | grep -q ^Complete
  docker service rm "$job" >/dev/null
}

jobs=()
for service in auth image profile data; do
  migrate "$service" &
  jobs+=($!)
done
for job in "${jobs[@]}"; do wait "$job"; done

HAPROXY_DIGEST=$(cat gateway.sh ../haproxy/* | sha256sum | cut -c1-12)
export HAPROXY_DIGEST
docker stack deploy --compose-file stack.yml --prune --with-registry-auth --resolve-image "$resolve" --detach=false --quiet "$stack"
