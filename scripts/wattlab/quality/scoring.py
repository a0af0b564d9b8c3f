"""Which metric scores a task's answers."""

from collections.abc import Callable

from wattlab.catalog.entries import TaskEntry
from wattlab.foundation.members import load_member
from wattlab.quality.answered import Answered, Score, Unscorable

Metric = Callable[[Answered], list[Score]]


def metric_of(task: TaskEntry) -> Metric:
    """The metric that the task's entry names; imports its module. Raises `Unscorable` with the reason where there is none."""
    if task.metric is None:
        raise Unscorable(task.no_metric)
    metric: Metric = load_member(task.metric)
    return metric
