"""Read a study's file before Snakemake does, which names neither the file nor a remedy where it can not."""

from pathlib import Path
from typing import Annotated

from wattlab.foundation.verbs import tell, verb
from wattlab.workflow.loading import content_of


@verb
def main(file: Annotated[Path, "config.yaml or a file of studies/"]) -> None:
    """Say what is wrong with the file as a whole; what its keys say is checked with the study."""
    content_of(file)


if __name__ == "__main__":
    tell(main)
