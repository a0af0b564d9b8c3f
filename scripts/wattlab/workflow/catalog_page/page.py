"""The values of the page, and its text. Its words and tables are in `catalog.md.j2`."""

import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from wattlab.catalog.entries import ModelEntry
from wattlab.catalog.reading import Catalog
from wattlab.workflow.catalog_page.fields import schemas_by_file, type_words

#: A count further from the published one than this needs a reason in the entry.
_ALIKE = 0.005

_ESCAPES = str.maketrans({"|": "\\|", "<": "&lt;", ">": "&gt;", "*": "\\*", "_": "\\_"})


def page(catalog: Catalog) -> str:
    """The Markdown text."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "escaped": escaped,
        "code": code,
        "json": json.dumps,
        "difference": difference,
        "type_words": type_words,
    }
    models = sorted(catalog.models.values(), key=lambda one: one.hub_id.casefold())
    groups = [(entry.title, [one for one in models if one.tasks == [task]]) for task, entry in catalog.tasks.items()]
    groups.append(("Multi-purpose", [one for one in models if len(one.tasks) > 1]))
    text = environment.get_template("catalog.md.j2").render(
        models=models, groups=groups, datasets=sorted(catalog.datasets.items()), schemas=list(schemas_by_file())
    )
    return text.rstrip() + "\n"


def escaped(text: str) -> str:
    """Text that Markdown sets as it is, also in a table."""
    return " ".join(text.split()).translate(_ESCAPES)


def code(text: str) -> str:
    """A word set as code."""
    return f"`{text}`".replace("|", "\\|")


def difference(entry: ModelEntry) -> str:
    """How far the architecture, counted the same way, is from the published number; nothing where it is equal."""
    if not entry.published_parameters or not entry.built_parameters:
        return ""
    share = entry.built_parameters / entry.published_parameters - 1
    if share == 0:
        return ""
    return f" (built: {entry.built_parameters:,}, {share:+.2%}{'' if abs(share) <= _ALIKE else ', see below'})"
