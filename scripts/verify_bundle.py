"""Verify a bundle of `make bundle`: every file by its hash, every record by its store, every table by the records.

Needs neither a GPU nor torch: the packages of envs/analysis.yaml. Exit code 1 where something is inconsistent, each named.
"""

import hashlib
import sys
from pathlib import Path
from typing import Annotated

from wattlab.foundation.verbs import tell, verb
from wattlab.foundation.wording import count
from wattlab.tables.listing import TABLES
from wattlab.workflow.bundle.archive import MANIFEST, read_manifest, unpacked
from wattlab.workflow.bundle.verify import not_rebuilt, verify


@verb
def main(
    bundle: Annotated[Path, "file that `make bundle` wrote"],
    *,
    sha256: Annotated[str | None, "of its manifest, as its authors published it"] = None,
) -> int:
    """Say what was looked at and what is inconsistent."""
    with unpacked(bundle) as folder:
        manifest = read_manifest(folder)
        found = verify(folder, manifest)
        own = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
        if sha256 is not None and sha256.lower() != own:
            found.findings.insert(0, f"{MANIFEST}: its sha256 is {own}, and {sha256} was published")
        others = not_rebuilt(folder, manifest.study)
    print(
        f"{bundle}: study {manifest.study}, {count(len(manifest.files), 'file')}, {count(found.n_records, 'record')}, "
        f"{count(found.n_repeats, 'repeat')} judged again, {count(len(TABLES), 'table')} built again"
    )
    if others:
        print(f"not built again: {', '.join(others)}")
    print(f"SHA-256 of the manifest: {own}{'' if sha256 else '; compare it with the published one'}")
    for finding in found.findings:
        print(f"inconsistent: {finding}", file=sys.stderr)
    print(count(len(found.findings), "finding") if found.findings else "consistent")
    return 1 if found.findings else 0


if __name__ == "__main__":
    tell(main)
