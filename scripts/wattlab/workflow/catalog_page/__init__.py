"""`docs/catalog.md`: the catalog as a page for people, generated from its files and its schemas."""
