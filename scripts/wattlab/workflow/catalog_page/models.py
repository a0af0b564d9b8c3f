"""The models, by the task that each answers: a table, then what is uncertain about each."""

from collections.abc import Mapping

from wattlab.catalog.entries import ModelEntry
from wattlab.foundation.schema import TaskName
from wattlab.workflow.catalog_page.words import code, escaped, items, table

_MULTI_PURPOSE = "Multi-purpose"

#: A count further from the published one than this needs a reason in the entry.
_ALIKE = 0.005


def model_lines(models: Mapping[str, ModelEntry], titles: Mapping[TaskName, str]) -> list[str]:
    """Lines of the section. `titles` names the tasks, in the page's order."""
    lines: list[str] = []
    groups = {title: [one for one in models.values() if one.tasks == [task]] for task, title in titles.items()}
    groups[_MULTI_PURPOSE] = [one for one in models.values() if len(one.tasks) > 1]
    for title, entries in groups.items():
        if entries:
            lines += [f"### {title}", "", *_group(sorted(entries, key=lambda one: one.hub_id.casefold()))]
    return lines


def _group(entries: list[ModelEntry]) -> list[str]:
    head = (
        "model",
        "structure",
        "published parameters",
        "counted as",
        "what runs",
        "environment",
        "weights on the hub",
    )
    lines = table(head, [_row(entry) for entry in entries])
    for entry in entries:
        facts = items(_uncertain(entry))
        lines += [f"**{entry.hub_id}**", "", *facts, ""] if facts else []
    return lines


def _row(entry: ModelEntry) -> tuple[str, ...]:
    return (
        f"[{escaped(entry.hub_id)}](https://huggingface.co/{entry.hub_id})",
        entry.structure,
        count(entry.published_parameters) + difference(entry),
        code(entry.count_as) + (f": {', '.join(entry.counted_components)}" if entry.counted_components else ""),
        count(entry.task_model_parameters),
        entry.environment,
        f"{entry.hub_dtype}; {escaped(entry.hub_weights)}",
    )


def count(parameters: int | None) -> str:
    """Parameters to the digit; nothing where they are not known."""
    return "" if parameters is None else f"{parameters:,}"


def difference(entry: ModelEntry) -> str:
    """How far the architecture, counted the same way, is from the published number; nothing where it is equal."""
    if not entry.published_parameters or not entry.built_parameters:
        return ""
    share = entry.built_parameters / entry.published_parameters - 1
    if share == 0:
        return ""
    return f" (built: {entry.built_parameters:,}, {share:+.2%}{'' if abs(share) <= _ALIKE else ', see below'})"


def _uncertain(entry: ModelEntry) -> list[tuple[str, str | None]]:
    return [
        ("pinned revision", entry.revision),
        ("also written", ", ".join(entry.aliases) or None),
        ("count", entry.count_exception),
        ("sources", entry.sources),
        ("positions", entry.positions),
        ("notes", entry.notes),
    ]
