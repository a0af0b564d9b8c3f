"""Write `docs/catalog.md`, the catalog as a page for people."""

from pathlib import Path
from typing import Annotated

from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.foundation.errors import tell
from wattlab.foundation.files import write_text
from wattlab.foundation.verbs import verb
from wattlab.workflow.catalog_page.page import page as page_of


@verb
def main(*, page: Annotated[Path, "file to write"] = Path("docs/catalog.md")) -> None:
    """Read the catalog, write the page."""
    write_text(page, page_of(load_catalog(CATALOG_ROOT)))


if __name__ == "__main__":
    tell(main)
