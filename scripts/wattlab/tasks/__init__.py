"""Tasks: what an inference is, and what is prepared before it. `contract` says how a task is added.

In: a spec, a source and rows. Out: answers. An adapter is imported only where its cell is measured, and torch with it.
Imports `models` and below.
"""

from typing import TYPE_CHECKING

from wattlab.catalog.reading import read_tasks
from wattlab.foundation.errors import entry_of
from wattlab.foundation.members import load_member
from wattlab.study.cells import Spec

if TYPE_CHECKING:
    from wattlab.tasks.contract import Adapter

#: Adapter of every multi-purpose cell, whichever task it answers.
PROMPTED = "wattlab.tasks.prompted:Prompted"


def adapter_for(spec: Spec) -> "type[Adapter]":
    """The adapter class of a cell, from its task's entry; imports its module. Raises `InputError` for an unknown task."""
    task = entry_of(read_tasks(), spec.cell.task, f"catalog/tasks.yaml: {spec.cell.task!r} is no task")
    adapter: type[Adapter] = load_member(PROMPTED if spec.cell.purpose == "multi-purpose" else task.adapter)
    return adapter
