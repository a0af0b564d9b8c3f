#!/usr/bin/env bash
# A virtual environment from a lock, unless it is there already: build.sh FOLDER LOCK [MODULE that has to load]
#
# It is built beside, and takes its place only when it is whole. A copy of its lock is the stamp of a whole one: its content
# counts, not the time of a checkout. A link is never followed: what it leads to may belong to others.
# TORCH=system: with the torch of that interpreter and what it brings, as on a GPU machine's image, and without the lock's.
# FOLDER/.torch remembers it, so that a later lock is built in the same way; TORCH=lock takes the lock's torch again.
# PYTHON names the interpreter; else the first of python3.11, 3.12 and 3.13 on the PATH.
set -euo pipefail
readonly FOLDER=$1 LOCK=$2 MODULE=${3:-} NEW=$1.new
built_with=lock
if [[ -e $FOLDER/.torch ]]; then built_with=$(<"$FOLDER/.torch"); fi
readonly TORCH_OF=${TORCH:-$built_with}
if [[ $TORCH_OF != system && $TORCH_OF != lock ]]; then
  echo "TORCH=$TORCH_OF: give system (the torch that the machine has) or lock (that of $LOCK)" >&2
  exit 1
fi

is_whole() {
  cmp -s "$LOCK" "$FOLDER/.installed" && [[ $TORCH_OF == "$built_with" ]]
}

if [[ $PWD == *:* ]]; then
  echo "$PWD: programs take a colon in the PATH for the end of a folder: move this checkout to a folder without one" >&2
  exit 1
fi
is_whole && exit 0
if [[ -L $FOLDER ]]; then
  echo "$FOLDER is a link, and what it leads to was not made from $LOCK: it is left alone. Take the link away: rm $FOLDER" >&2
  exit 1
fi
# One build at a time, and none beside a study that runs with the environment which it would replace.
if type -P flock >/dev/null; then
  exec 9<"$LOCK"
  flock --nonblock 9 || { echo "waiting for another make that builds $FOLDER" >&2; flock 9; }
  if [[ -e $FOLDER/.torch ]]; then built_with=$(<"$FOLDER/.torch"); fi # what the other one built
  is_whole && exit 0
fi
envs/idle.sh .snakemake/wattlab.lock

python=
for name in ${PYTHON:+"$PYTHON"} ${PYTHON:-python3.11 python3.12 python3.13}; do
  if "$name" -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
    python=$(type -P "$name")
    break
  fi
done
if [[ -z $python ]]; then
  echo "wattlab needs Python 3.11, 3.12 or 3.13: ${PYTHON:-python3.11, python3.12 and python3.13} not on the PATH, or not of" \
    "these versions; install one, or name it: make PYTHON=/path/to/python3.11" >&2
  exit 1
fi

echo "Building $FOLDER from $LOCK with $("$python" --version), $python (some minutes; 2 GB, with a torch for CUDA 6 GB)"
rm -rf "$NEW"
required=$LOCK
if [[ $TORCH_OF == system ]]; then
  "$python" -c "import torch" 2>/dev/null || {
    echo "TORCH=system: $python has no torch; name one that has: make install TORCH=system PYTHON=/path/to/python3" >&2
    exit 1
  }
  "$python" -m venv --system-site-packages "$NEW"
  sed '/^torch==/d; /^# development/,/^$/d' "$LOCK" >"$NEW/requirements.txt"
  required=$NEW/requirements.txt
else
  "$python" -m venv "$NEW"
fi
"$NEW/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$required"
# Its programs name the folder that they were installed in.
"$NEW/bin/python" - "$PWD/$NEW" "$PWD/$FOLDER" <<'PROGRAM'
import os, pathlib, sys

new, place = map(os.fsencode, sys.argv[1:])
for path in pathlib.Path(sys.argv[1], "bin").iterdir():
    if not path.is_symlink() and new in path.read_bytes():
        path.write_bytes(path.read_bytes().replace(new, place))
PROGRAM
if [[ -z $MODULE ]] || "$NEW/bin/python" -c "import $MODULE" 2>/dev/null; then
  cp "$LOCK" "$NEW/.installed"
  echo "$TORCH_OF" >"$NEW/.torch"
fi
envs/idle.sh .snakemake/wattlab.lock
rm -rf "$FOLDER.old"
if [[ -e $FOLDER ]]; then mv "$FOLDER" "$FOLDER.old"; fi
mv "$NEW" "$FOLDER"
rm -rf "$FOLDER.old"
if [[ ! -e $FOLDER/.installed ]]; then
  echo "$MODULE does not load beside this build of torch: install both for the same device, as https://pytorch.org shows," \
    "with $FOLDER/bin/python -m pip, then \`cp $LOCK $FOLDER/.installed\`. Until then its cells wait." >&2
  exit 1
fi
