"""Fetch published logs from their home at the pinned commit, or find them where a person put them.

    python -m fetch_logs --study results/published/study-*.json --receipt results/published/logs.json

The receipt says what was found and its checksum. Local logs that differ from the published ones are used and said so.
"""

import argparse
from pathlib import Path
from typing import Any

from wattlab.foundation.errors import InputError, tell
from wattlab.foundation.files import write_json
from wattlab.logs.archive import LOGS_VARIABLE, checksum, fetch, fetched_logs, local_logs, read_logs
from wattlab.logs.mapping import Home, Mapping, load_mapping
from wattlab.study.cells import ResolvedStudy
from wattlab.study.specs import read_study


def receipt_of(path: Path, mapping: Mapping, *, local: bool) -> dict[str, Any]:
    """What lies there: where it came from (no path of a person), files, checksum, and whether it is as published."""
    files, home = read_logs(path, mapping).files, mapping.home
    paths = sorted({name.split("/")[0] for name in files}) if home is None else home.paths
    found = checksum(files, paths)
    return {
        "source": "local" if local or home is None else f"{home.repository}@{home.commit}",
        "n_files": len(files),
        "sha256": found,
        "as_published": None if home is None else found == home.sha256,
    }


def find_or_fetch(study: ResolvedStudy, mapping: Mapping, argument: str | None, fetched: Path) -> dict[str, Any]:
    """The receipt of the logs, fetched where no one named them; raises `InputError` with the remedy."""
    path = local_logs(study.config, argument)
    if path is not None:
        if not path.exists():
            raise InputError(f"{path}: no such folder or archive; correct logs.path of the study, or {LOGS_VARIABLE}")
        return receipt_of(path, mapping, local=True)
    home: Home | None = mapping.home
    if home is None:
        raise InputError(f"the mapping names no home of the logs; name a folder or an archive: {LOGS_VARIABLE}=PATH")
    destination = fetched_logs(home, fetched)
    if not destination.exists():
        fetch(home, destination)
    return receipt_of(destination, mapping, local=False)


def main(argv: list[str] | None = None) -> int:
    """Find or fetch, write the receipt, say what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, required=True, help="results/{study}/study-{key}.json")
    parser.add_argument("--receipt", type=Path, required=True, help="receipt to write")
    parser.add_argument("--logs", help=f"folder or archive of the logs (else ${LOGS_VARIABLE}, the study, or fetched)")
    parser.add_argument("--fetched", type=Path, default=Path("results/fetched"), help="where fetched logs are kept")
    arguments = parser.parse_args(argv)
    study = read_study(arguments.study)
    if study.config.logs is None:
        raise InputError(f"{arguments.study}: logs is missing; this study measures, it imports nothing")
    mapping = load_mapping(study.config.logs.mapping)
    receipt = find_or_fetch(study, mapping, arguments.logs, arguments.fetched)
    write_json(arguments.receipt, receipt)
    differs = ", NOT the published ones" if receipt["as_published"] is False else ""
    print(f"logs: {receipt['source']}, {receipt['n_files']} files, sha256 {receipt['sha256'][:12]}{differs}")
    return 0


if __name__ == "__main__":
    tell(main)
