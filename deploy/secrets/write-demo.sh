#!/usr/bin/env bash
# Secrets of a demo in files, for where they are handed to a cluster: write-demo.sh ORIGIN FOLDER. What is in FOLDER is kept.
set -euo pipefail
origin=${1:?origin} folder=${2:?folder}
script=$(cd "$(dirname "$0")" && pwd)/make-secrets.ts

install --directory --mode 700 "$folder"
tar --create --directory "$folder" . |
  docker run --rm --interactive --user root --cap-drop ALL --cap-add CHOWN --cap-add DAC_OVERRIDE --network none \
    --env "ISSUER=$origin" --volume "$script:/make-secrets.ts:ro" --entrypoint bash roomkey/auth -c '
      mkdir -p /secrets/{postgres,auth,auth-keys,image,image-keys,profile,profile-keys,data,data-keys} &&
      tar --extract --no-same-owner --directory /secrets && node /make-secrets.ts >&2 && tar --create --directory /secrets .' |
  tar --extract --no-same-owner --directory "$folder"
