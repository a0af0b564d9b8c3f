"""The datasets: a table of today's copies, then for each what the paper read, what replaces it and why."""

from collections.abc import Mapping

from wattlab.catalog.entries import DatasetEntry
from wattlab.workflow.catalog_page.words import code, escaped, items, table


def dataset_lines(datasets: Mapping[str, DatasetEntry]) -> list[str]:
    """Lines of the section."""
    head = ("name", "tasks", "today's copy", "configuration, split", "revision", "licence", "gate")
    lines = table(head, [_row(name, entry) for name, entry in sorted(datasets.items())])
    for name, entry in sorted(datasets.items()):
        lines += [f"**{entry.title}** ({code(name)})", "", *items(_details(entry)), ""]
    return lines


def _row(name: str, entry: DatasetEntry) -> tuple[str, ...]:
    hub = entry.hub
    licence = entry.licence if hub.licence is None else f"{entry.licence}; this copy: {hub.licence}"
    return (
        code(name),
        ", ".join(entry.tasks),
        f"[{escaped(hub.id)}](https://huggingface.co/datasets/{hub.id})",
        ", ".join(code(part) for part in (hub.config, hub.split) if part),
        code(None if hub.revision is None else hub.revision[:12]) or "none pinned",
        escaped(licence),
        "terms to accept, and a token" if hub.gated else "open",
    )


def _details(entry: DatasetEntry) -> list[tuple[str, str | None]]:
    return [
        ("the paper read", entry.paper),
        ("columns", ", ".join(f"{role} = {column}" for role, column in entry.fields.items())),
        ("replaced", entry.hub.replaces),
        ("other rows than the paper's", entry.hub.other_rows),
        ("loads", entry.hub.loads),
        ("labels", entry.labels_hidden),
        ("surrogate", f"{entry.surrogate.generator}; {entry.surrogate.source}"),
        ("notes", entry.notes),
    ]
