"""Pack a study for a reviewer: stores, specs, manifests of the samples, study file, records, catalog, versions, tables.

The same content is the same file, to the byte. Published is the SHA-256 of its manifest, which names that of every file.
What is inconsistent already is told, as a reviewer's `make verify` would: exit code 1.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from wattlab.catalog.reading import CATALOG_ROOT
from wattlab.foundation.errors import InputError
from wattlab.foundation.verbs import tell, verb
from wattlab.foundation.wording import count
from wattlab.tables.drift import software_today
from wattlab.workflow.bundle.archive import BUNDLE_VERSION, BundleManifest, pack, packed_file, unpacked, versions_here
from wattlab.workflow.bundle.contents import entries_of, public
from wattlab.workflow.bundle.verify import drift_of, verify
from wattlab.workflow.loading import study_of

CONFIG, RESULTS = Path("config.yaml"), Path("results")


@verb
def main(
    *,
    configfile: Annotated[Sequence[Path], "the study, as for snakemake"] = (),
    answers: Annotated[bool, "pack the models' answers too"] = False,
    out: Annotated[Path | None, "file to write; default: results/{study}/bundle.zip"] = None,
) -> int:
    """Pack, check what was packed, and say the hash to publish."""
    name = study_of(CONFIG, *configfile).config.study
    path = out or RESULTS / name / "bundle.zip"
    if path.is_dir():
        raise InputError(f"OUT={path} is a folder; name the file to write, for example OUT={path}/bundle.zip")
    contents = {place: public(source) for place, source in entries_of(RESULTS, name, answers).items()}
    today = software_today()
    contents |= drift_of(RESULTS, CATALOG_ROOT, name, today)
    manifest = BundleManifest(
        schema_version=BUNDLE_VERSION,
        study=name,
        answers=answers,
        versions=versions_here(),
        today=today,
        files={place: packed_file(content) for place, content in contents.items()},
    )
    sha256 = pack(path, manifest, contents)
    with unpacked(path) as folder:
        found = verify(folder, manifest)
    with_answers = "with" if answers else "without"
    print(
        f"{path}: {count(len(contents), 'file')}, {path.stat().st_size / 1e6:.1f} MB, {with_answers} the models' answers"
    )
    print(f"publish this SHA-256 of its manifest beside it: {sha256}")
    print(f"a reviewer calls: make verify BUNDLE={path} SHA256={sha256}")
    for finding in found.findings:
        print(f"inconsistent: {finding}", file=sys.stderr)
    return 1 if found.findings else 0


if __name__ == "__main__":
    tell(main)
