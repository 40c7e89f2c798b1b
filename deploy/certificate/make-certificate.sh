#!/usr/bin/env bash
# The balancer's certificate. CERTIFICATE=demo: a first start makes one for this machine, under a root that is made with it and
# whose key is forgotten as soon as it has signed: who trusts that root trusts this one certificate and no other.
# CERTIFICATE=given: none is made; a missing one, a demo's, and one that is not for ORIGIN's host are refused.
set -euo pipefail

folder=/certificate
server=$folder/server.pem root=$folder/root.pem
maker='Roomkey demo'
# The longest that all clients accept of a root that somebody added; made anew a month before its end.
days=820 renewal_seconds=$((30 * 86400))
haproxy_group=99

host=${ORIGIN#*://} host=${host%%[:/]*}
if [[ $host =~ ^[0-9.]+$ ]]; then kind=ip name=IP:$host; else kind=host name=DNS:$host; fi

is_for_host() { openssl x509 -in "$server" -noout "-check$kind" "$host" | grep -q 'does match'; }
lasts() { openssl x509 -in "$server" -noout -checkend "$1" >/dev/null; }
is_of_demo() { openssl x509 -in "$server" -noout -issuer | grep -qF "$maker"; }
has_its_key() {
  [ "$(openssl x509 -in "$server" -noout -pubkey)" = "$(openssl pkey -in "$server" -pubout 2>/dev/null)" ]
}

refuse_unless_good() {
  local faults=()
  [[ $ORIGIN == https://* ]] || faults+=("the origin, $ORIGIN, is not one of https")
  if ! openssl x509 -in "$server" -noout 2>/dev/null; then
    faults+=("server.pem, the certificate with its chain and its private key, is missing")
  else
    ! is_of_demo || faults+=('the certificate was made for a demo')
    lasts 0 || faults+=('the certificate has expired')
    is_for_host || faults+=("the certificate is not for $host")
    has_its_key || faults+=("the certificate's private key is not with it")
  fi
  [ ${#faults[@]} -gt 0 ] || return 0
  printf '%s\n' 'This certificate will not do:' "${faults[@]}" >&2
  exit 1
}

make() {
  local work names
  work=$(mktemp --directory)
  names=$(printf '%s\n' DNS:localhost IP:127.0.0.1 IP:::1 "$name" | awk '!seen[$0]++' | paste -sd,)
  cat >"$work/extensions" <<INI
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = $names
INI
  # openssl tells how far it has come; only what went wrong is of interest.
  {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$work/root.key" -out "$work/root.pem" \
      -days $days -subj "/O=$maker/CN=Roomkey on this machine" -config "$work/extensions" -extensions root
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$work/server.key" -out "$work/server.csr" \
      -subj "/O=$maker/CN=$host" -config "$work/extensions"
    openssl x509 -req -in "$work/server.csr" -CA "$work/root.pem" -CAkey "$work/root.key" -days $days -out "$work/server.pem" \
      -extfile "$work/extensions" -extensions server
  } 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
  rm "$work/root.key"
  cat "$work/server.key" >>"$work/server.pem"
  install --mode 444 "$work/root.pem" "$root"
  install --mode 440 --group $haproxy_group "$work/server.pem" "$server"
  rm -r "$work"
}

case ${CERTIFICATE:-demo} in
  given) refuse_unless_good ;;
  demo)
    if ! { [ -e "$server" ] && lasts $renewal_seconds && is_for_host; }; then make; fi
    openssl x509 -in "$root" -noout -fingerprint -sha256
    echo 'To have it: docker compose exec gateway cat /run/certificate/root.pem'
    ;;
  *) echo 'CERTIFICATE must be "demo" or "given"' >&2; exit 1 ;;
esac
