#!/usr/bin/env bash
# Exit status 1, and one line, where one of these locks is held: what works in this folder needs what is to be taken away.
#
#   .snakemake/wattlab.lock   a study that runs        requirements*.lock   a build of the environment
set -euo pipefail
type -P flock >/dev/null || exit 0
for lock in "$@"; do
  if [[ -e $lock ]] && ! flock --nonblock "$lock" true; then
    echo "error: a study runs in this folder, or its environment is being built ($lock is held): wait for it to end" >&2
    exit 1
  fi
done
