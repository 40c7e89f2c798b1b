#!/usr/bin/env bash
# Hands a cluster the secrets of a demo. They are kept in FOLDER: a second run finds the same ones.
set -euo pipefail
folder=${1:?folder to keep them in}
here=$(dirname "$0")

"$here/../../../secrets/write-demo.sh" http://127.0.0.1:8080 "$folder"
secret() {
  kubectl create secret generic --namespace roomkey --dry-run=client --output yaml "$@" | kubectl apply --filename -
}
kubectl create namespace roomkey --dry-run=client --output yaml | kubectl apply --filename -
secret postgres --from-file="$folder/postgres"
secret auth --from-file="$folder/auth" --from-file="$folder/auth-keys"
secret image --from-file="$folder/image" --from-file="$folder/image-keys"
secret profile --from-file="$folder/profile" --from-file="$folder/profile-keys"
secret data --from-file="$folder/data" --from-file="$folder/data-keys"
