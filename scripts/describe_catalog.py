"""Write `docs/catalog.md`, the catalog as a page for people."""

import argparse
from pathlib import Path

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.errors import tell
from wattlab.foundation.files import write_text
from wattlab.workflow.catalog_page.page import page


def main(argv: list[str] | None = None) -> int:
    """Read the catalog, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, default=Path("docs/catalog.md"), help="file to write")
    arguments = parser.parse_args(argv)
    write_text(arguments.page, page(load_catalog(CATALOG_ROOT)))
    return 0


if __name__ == "__main__":
    tell(main)
