#!/usr/bin/env bash
# Brings a cluster to what an overlay says: roll-out.sh deploy/kubernetes/overlays/production
# First everything but the services, then each database's migration to its end, then the services, replica by replica.
# A migration must suit the services that run while it runs, those of the version before.
set -euo pipefail
overlay=${1:?folder of an overlay}
kubectl=(kubectl --namespace roomkey)

# A job cannot be changed, only made anew.
"${kubectl[@]}" delete job --selector app.kubernetes.io/component=migration --ignore-not-found
kubectl apply --kustomize "$overlay" --selector 'app.kubernetes.io/component!=service'
"${kubectl[@]}" wait job --selector app.kubernetes.io/component=migration --for condition=complete --timeout 10m
kubectl apply --kustomize "$overlay"
"${kubectl[@]}" rollout status deployment --selector app.kubernetes.io/component=service --timeout 10m
