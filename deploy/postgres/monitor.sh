#!/bin/sh
# Run once by the image of PostgreSQL, on a new volume: the role monitor, which may connect and owns one schema. The least that the server needs.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres -d postgres -v password="$MONITOR_POSTGRES_PASSWORD" <<'SQL'
CREATE ROLE monitor LOGIN PASSWORD :'password';
CREATE DATABASE monitor;
REVOKE ALL ON DATABASE monitor FROM PUBLIC;
GRANT CONNECT ON DATABASE monitor TO monitor;
\connect monitor
CREATE SCHEMA monitor AUTHORIZATION monitor;
SQL
