"""Fetch published logs from their home at the pinned commit, or find them where a person put them.

    python -m fetch_logs --study results/published/study-*.json --receipt results/published/logs.json

The receipt says what was found and its checksum. Local logs that differ from the published ones are used and said so.
"""

from pathlib import Path
from typing import Annotated, Any

from wattlab.foundation.files import write_json
from wattlab.foundation.verbs import tell, verb
from wattlab.logs.archive import LOGS_VARIABLE, checksum, fetch, place_of, read_logs
from wattlab.logs.mapping import Mapping, mapping_of
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


@verb
def main(
    *,
    study: Annotated[Path, "results/{study}/study-{key}.json"],
    receipt: Annotated[Path, "receipt to write"],
    logs: Annotated[str | None, f"folder or archive of the logs (else ${LOGS_VARIABLE}, the study, or fetched)"] = None,
    fetched: Annotated[Path, "where fetched logs are kept"] = Path("results/fetched"),
) -> None:
    """Find or fetch, write the receipt, say what was found."""
    asked = read_study(study)
    mapping = mapping_of(asked)
    path, local = place_of(asked.config.logs, mapping.home, logs, fetched)
    if not local and not path.exists() and mapping.home is not None:
        fetch(mapping.home, path)
    found = receipt_of(path, mapping, local=local)
    write_json(receipt, found)
    differs = ", NOT the published ones" if found["as_published"] is False else ""
    print(f"logs: {found['source']}, {found['n_files']} files, sha256 {found['sha256'][:12]}{differs}")


if __name__ == "__main__":
    tell(main)
