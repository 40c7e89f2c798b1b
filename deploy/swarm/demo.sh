#!/usr/bin/env bash
# What a demo has in place of what is given elsewhere: secrets, a certificate, PostgreSQL. demo.sh FOLDER: what is kept there
# stays the same. A secret that the swarm has already is left as it is.
set -euo pipefail
folder=${1:?folder to keep secrets in}
cd "$(dirname "$0")"
stack=${ROOMKEY_STACK:-roomkey} origin=${ROOMKEY_ORIGIN:-http://127.0.0.1:8080}

../secrets/write-demo.sh "$origin" "$folder"
docker run --rm --user root --cap-drop ALL --cap-add CHOWN --network none --env "ORIGIN=$origin" --entrypoint bash \
  --volume "$PWD/../certificate/make-certificate.sh:/make-certificate.sh:ro" haproxy:3.0 \
  -c 'mkdir /certificate && bash /make-certificate.sh >&2 && cat /certificate/server.pem' >"$folder/certificate.pem"

secret() {
  docker secret inspect "$stack-$1" >/dev/null 2>&1 || docker secret create "$stack-$1" "$folder/$2" >/dev/null
}
secret certificate certificate.pem
secret auth-clients auth-keys/clients.json
secret auth-key-encryption-key auth-keys/key-encryption-key
for service in image profile data; do secret "$service-client-key" "$service-keys/client-key"; done
for service in auth image profile data; do
  secret "$service-database-url" "$service/database-url"
  secret "postgres-$service" "postgres/$service"
done
secret postgres-superuser postgres/superuser

SCRIPT_DIGEST=$(sha256sum ../postgres/create-databases.sh | cut -c1-12)
export SCRIPT_DIGEST
docker stack deploy --compose-file postgres.yml --resolve-image never --detach=false --quiet "$stack-postgres"
