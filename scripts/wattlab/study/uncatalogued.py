"""Models of the hub that the catalog lacks: a study names them by their hub id, under `weights: hub`.

What the catalog would state comes from the task; structure and parameter count come from the fetched configuration.
"""

import re
from typing import Any, Literal

from wattlab.catalog.entries import TaskEntry
from wattlab.foundation.schema import Closed, Origin, fact, is_hub
from wattlab.study.cells import Cell

HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")

#: Family of every such model, for overrides.
FAMILY = "uncatalogued"


class UncataloguedModel(Closed):
    """Stands where a `ModelEntry` stands; the fields that both have mean the same."""

    hub_id: str = fact("namespaced hub id", works="hub")
    revision: str | None = fact("of a checkpoint of one's own, the hash of its content", None, works="hub")
    source: Origin = fact("hub, or a folder of one's own: local", "hub", works="hub", exclude_if=is_hub)
    family: str = fact("for overrides", FAMILY)
    structure: None = fact("from the fetched configuration", None)
    library: Literal["transformers", "diffusers"] = fact("library that runs it", works="always")
    environment: str = fact("software environment", "main", works="always")
    auto_class: str | None = fact(
        "AutoModel class of the task; null: by the configuration, an encoder-decoder or a decoder", None, works="always"
    )
    model_class: str | None = fact("whatever the auto class gives", None, works="always")
    pipeline_class: str | None = fact("diffusers pipeline class", None, works="always")
    max_input_tokens: int | None = fact("from the configuration", None, works="always", unit="tokens")
    call_defaults: None = fact("the pipeline's own", None, works="always")
    tokenizer: None = None
    published_parameters: None = None
    count_as: str | None = fact("how a count beside the paper's is made", None)
    counted_components: None = None


def stem_of(hub_id: str) -> str:
    """The cell's model for a hub id, as a catalog file would be named."""
    return hub_id.replace("/", "--")


def uncatalogued(cell: Cell, task: TaskEntry, content: str | None = None) -> UncataloguedModel:
    """The model of a cell whose name is the stem of a hub id. A multi-purpose one may be of either architecture.

    `content`: of a checkpoint of one's own, the hash that stands for a commit.
    """
    facts: dict[str, Any] = {"hub_id": cell.model.replace("--", "/", 1)}  # an organisation's name has no double dash
    if content is not None:
        facts |= {"revision": content, "source": "local"}
    if cell.purpose == "multi-purpose":
        return UncataloguedModel(library="transformers", count_as="AutoModel", **facts)
    if task.pipeline_class is not None:
        return UncataloguedModel(library="diffusers", pipeline_class=task.pipeline_class, **facts)
    return UncataloguedModel(library="transformers", auto_class=task.auto_class, count_as="AutoModel", **facts)
