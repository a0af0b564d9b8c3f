"""The prompt of a multi-purpose cell: a template around roles of the dataset."""

from string import Formatter

from wattlab.catalog.entries import DatasetEntry
from wattlab.foundation.errors import InputError, entry_of
from wattlab.study.cells import Cell


def check_prompt(cell: Cell, prompt: str | None, dataset: DatasetEntry, source: str) -> None:
    """Raise `InputError` where a multi-purpose cell has no prompt, or one that names what is no role of its dataset."""
    if cell.purpose != "multi-purpose":
        return
    place = f"{source}: {cell.id}: prompt = {prompt!r}"
    if prompt is None:
        raise InputError(f"{place}: a multi-purpose model needs one; write it in catalog/tasks.yaml: {cell.task}")
    try:
        roles = [role for _, role, _, _ in Formatter().parse(prompt) if role is not None]
    except ValueError as error:
        raise InputError(f"{place}: {error}; write a brace of the text itself twice") from error
    for role in roles:
        entry_of(dataset.fields, role, f"{place}: {{{role}}} is no role of {cell.dataset}")
