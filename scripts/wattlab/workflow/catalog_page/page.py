"""The whole page."""

from wattlab.catalog.reading import Catalog
from wattlab.workflow.catalog_page.datasets import dataset_lines
from wattlab.workflow.catalog_page.fields import field_lines
from wattlab.workflow.catalog_page.models import model_lines

_INTRODUCTION = """\
# The catalog

Generated from `catalog/` by `make catalog-docs`; edit the entries there, not this page. `catalog/README.md` says how to
add one.

- [Models](#models): what was published about each, how its parameters were counted, and what is uncertain
- [Datasets](#datasets): today's copy on the hub, its licence, and what it replaces
- [Fields](#fields): every key of the catalog's files

**How sure a fact is.** `[P]` read in the paper's code, `[C]` computed from its published data, `[V]` run or read with the
pinned libraries, `[S]` found in public text, `[E]` recalled or estimated: a default, not a fact. What is said to be *from
memory* or *inferred* is an estimate in the same sense. An equal count of parameters proves widths and depths; it proves no
activation, number of heads, number of labels, processor or generation default.
"""

_MODELS = """\
{n_models} models. *Published parameters* are the authors' numbers; *counted as* says how they counted: `AutoModel` (the base
model without a head), `task` (what runs), `sum` (of a pipeline's components), or another class. Where the architecture,
built from the catalog and counted the same way, has another number, that stands behind it. *What runs* is the whole model
of the task. Each entry also holds architecture, tokenizer, image processor and generation defaults. A pinned revision is
known for {n_pinned} of them; the receipt of a fetch says which commit was read.
"""

_DATASETS = """\
{n_datasets} repositories for the paper's 26 names: today's COCO needs one for boxes and one for captions. *None pinned*: no
commit of it was found in public text; the receipt of a fetch says which one was read. *Loads* says how the copy is read,
since today's libraries run no loading scripts.
"""

_FIELDS = """\
The schemas are closed: an unknown key is an error with the near names. *Works* says under which mode a field enters the
spec of a cell, so that an edit plans that cell again: `always`; `hub` or `architecture` (weights), `hub` or `surrogate`
(data); `never`; empty: never, or with the field that holds it.
"""


def page(catalog: Catalog) -> str:
    """The Markdown text."""
    titles = {name: entry.title for name, entry in catalog.tasks.items()}
    parts = [
        _INTRODUCTION,
        "## Models\n",
        _MODELS.format(
            n_models=len(catalog.models), n_pinned=sum(one.revision is not None for one in catalog.models.values())
        ),
        *model_lines(catalog.models, titles),
        "## Datasets\n",
        _DATASETS.format(n_datasets=len(catalog.datasets)),
        *dataset_lines(catalog.datasets),
        "## Fields\n",
        _FIELDS,
        *field_lines(),
    ]
    return "\n".join(parts).rstrip() + "\n"
