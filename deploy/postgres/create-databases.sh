#!/bin/bash
# Runs once, on an empty server: a database and a role for each service, and no way from one to another.
set -euo pipefail

sql() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres "$@"; }

sql --command 'revoke all on database postgres, template1 from public'
for service in auth image profile data; do
  password=$(<"/run/secrets/$service") sql --set service="$service" <<'SQL'
\getenv password password
create role :"service" login password :'password';
create database :"service" owner :"service";
revoke all on database :"service" from public;
SQL
done
