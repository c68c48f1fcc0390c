#!/bin/sh
# Run once by the image of PostgreSQL, on a new volume: the role monitor, which owns its database and has no other right.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres -d postgres -v password="$MONITOR_POSTGRES_PASSWORD" <<'SQL'
CREATE ROLE monitor LOGIN PASSWORD :'password';
CREATE DATABASE monitor OWNER monitor;
SQL
