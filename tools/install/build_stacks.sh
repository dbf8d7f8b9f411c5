#!/bin/sh
# Builds stacks beside each other: build_stacks.sh [STACK...], all of them without a name.
# PARALLEL sets how many at once (4), WORKSPACE_ROOT names the workspace.
set -eu
python=$(dirname "$0")/../../.venv/bin/python
[ -x "$python" ] || python=python3
[ $# -gt 0 ] || set -- --all
exec "$python" -m cli.main stack build --parallel "${PARALLEL:-4}" "$@"
