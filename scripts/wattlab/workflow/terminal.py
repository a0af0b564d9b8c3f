"""What a run prints: a line for each stage, and for what failed its reason and its log. The cells print theirs themselves.

Snakemake's own announcements (which jobs are chosen, started and finished, with which resources) stay in its log,
`.snakemake/log/`. VERBOSE=1 shows them, as do a dry run and every question (`--summary`, `--lint`, …).
"""

import logging
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from snakemake_interface_logger_plugins.common import LogEvent

from wattlab.foundation.errors import plain

#: The modules of Snakemake that announce each of their steps. What those announce that are not here (a cluster's
#: executor, the building of an environment) takes long, or speaks to a person.
_ANNOUNCERS = frozenset(
    {"api", "cli", "dag", "job_scheduler", "jobs", "local", "logging", "rules", "shell", "workflow"}
)
#: What is worth a line all the same.
_ANSWERS = ("Nothing to be done", "Unlock")
#: What says once more that a job failed, beside the line that says why.
_ECHOES = ("Exiting because a job execution failed", "CalledProcessError")
_END = "At least one job did not complete successfully"
#: What Snakemake puts before the words of a mistake that lies in no line of a Snakefile.
_NAME_OF_ERROR = re.compile(r"^\w+(Error|Exception):\n(Error: )?")
#: Failed jobs that the last line names.
_MOST_NAMED = 5


def take_over(is_run: Callable[[], bool]) -> None:
    """Stand where Snakemake's own handler of the terminal stands; not under VERBOSE=1, `--verbose` or another logger."""
    logger = logging.getLogger("snakemake.logging")
    if os.environ.get("VERBOSE", "0") not in ("", "0") or logger.level <= logging.DEBUG:
        return
    for handler in list(logger.handlers):
        if isinstance(handler, logging.StreamHandler) and handler.name == "DefaultStreamHandler":
            logger.removeHandler(handler)
            logger.addHandler(Terminal(handler, is_run))


class Terminal(logging.Handler):
    """Snakemake's own handler, without what speaks of Snakemake alone while jobs run."""

    def __init__(self, shown: "logging.StreamHandler[Any]", is_run: Callable[[], bool]) -> None:
        super().__init__()
        self._shown, self._is_run = shown, is_run
        self._n_jobs: dict[str, int] = {}
        self._begun: set[str] = set()
        self._messages: dict[int, str] = {}
        self._failed: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record, a line of our own in its place, or nothing."""
        if not self._is_run():
            if record.module != "api":  # which file system it assumes, before a run is known to be one
                self._shown.handle(record)
        elif self._shown.filter(record):
            words = self._words(record)
            if words:
                self._shown.stream.write(f"{words}\n")
                self._shown.flush()

    def _words(self, record: logging.LogRecord) -> str | None:
        said = vars(record)
        match said.get("event"):
            case LogEvent.RUN_INFO:
                self._n_jobs = said["stats"]
            case LogEvent.JOB_INFO:
                self._messages[said["jobid"]] = said["rule_msg"] or said["rule_name"]
                return self._stage(said["rule_name"], said["rule_msg"] if said["output"] else None)
            case LogEvent.JOB_ERROR:
                self._failed.append(self._messages.get(said["jobid"], said["rule_name"]))
                return failure(self._failed[-1], said["log"], said["shellcmd"] or "")
            case None | LogEvent.ERROR:
                text = self._shown.format(record)
                if _END in text:
                    return self._end()
                is_announcement = record.levelno < logging.WARNING and record.module in _ANNOUNCERS
                text = _NAME_OF_ERROR.sub("error: ", text)
                if text.startswith(_ANSWERS) or not (is_announcement or any(echo in text for echo in _ECHOES)):
                    return text
        return None

    def _end(self) -> str | None:
        """The last line of a run in which jobs failed, whose own lines may stand far above."""
        named = [message for message in self._failed if not message.endswith("?")]  # an answer stands last anyway
        if not named:
            return None
        more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
        return f"Failed, as said above: {', '.join(named[:_MOST_NAMED])}{more}. What is done is kept for the next call."

    def _stage(self, rule: str, message: str | None) -> str | None:
        """The line of a stage, at its first job: of several jobs their number, `Sampling 7 datasets` from `sample_dataset`."""
        if not message or rule in self._begun:
            return None
        self._begun.add(rule)
        number = self._n_jobs.get(rule, 1)
        return message if number == 1 else f"{message.split()[0]} {number} {rule.rpartition('_')[2]}s"


def failure(message: str, logs: Sequence[str], command: str) -> str | None:
    """Why a job failed, by the last line of its log, and where that lies.

    None where the command sends nothing to a log: its program has said on the terminal what there is to say.
    """
    log = next((Path(name) for name in logs if name in command), None)
    if log is None:
        return None
    lines = log.read_text(errors="replace").split("\n") if log.exists() else []
    reason = plain(next((line for line in reversed(lines) if line.strip()), "its program ended without a word"))
    if reason.startswith("ModuleNotFoundError"):
        reason += "; `make install` builds what the rules need, `--sdm conda` takes it from envs/"
    joint = " " if message.endswith("?") else ": failed: "
    return f"{message}{joint}{reason.removeprefix('error: ')}\n  the whole log: {log}"
