"""What tests of studies share: the catalog as it is."""

import pytest

from wattlab.catalog.reading import CATALOG_ROOT, Catalog, load_catalog


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(CATALOG_ROOT)
