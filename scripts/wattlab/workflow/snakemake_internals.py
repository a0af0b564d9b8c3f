"""What the rules ask of Snakemake beyond its documented names: all of it stands here, each with its reason.

`Workflow` is Snakemake's own object. Written for Snakemake 9; the Snakefile refuses another one.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

Workflow = Any


def is_module(workflow: Workflow) -> bool:
    """Whether a `module` statement of another workflow reads these rules: its handlers and default target stay its own."""
    return not workflow.modifier.is_main_snakefile()


def configuration_files(workflow: Workflow, default: str) -> list[Path]:
    """The files that the configuration came from, in the order in which Snakemake merged them; of a module none.

    An error about a key has to name its file, and Snakemake hands over the merged result alone.
    """
    if is_module(workflow):
        return []
    chosen = [Path(path) for path in workflow.overwrite_configfiles]
    # Snakemake names the default also where it is not there and others were chosen.
    return [Path(default), *chosen] if default in workflow.configfiles and Path(default).exists() else chosen


def placing(workflow: Workflow) -> Callable[[str], str]:
    """Finds where a path of a rule will lie: a `module` statement may set a prefix to all of them.

    Paths in params and those that are read or written while the rules are parsed get none by themselves.
    """
    modifier = workflow.modifier
    return lambda path: str(modifier.modify_path(path))


def limit(workflow: Workflow, resource: str, capacity: int) -> None:
    """The capacity of a resource, unless the command line or a profile sets it.

    Without one Snakemake takes a resource for unlimited: a forgotten option would let measurements run side by side.
    """
    if resource not in workflow.global_resources:
        workflow.register_resource(resource, capacity)


def forget_body(workflow: Workflow, rule: str) -> None:
    """Takes the body of a rule that runs nothing from the names of the Snakefile.

    Snakemake copies all of them, one body for each rule, five times for each text that it writes about a job: with a
    target for each of 880 models a plan of 3,120 cells took 1.08 times the CPU time (median of three pairs).
    """
    workflow.globals.pop(f"__{rule}", None)


def is_run(workflow: Workflow) -> bool:
    """Whether jobs are run for the person who reads the terminal: no dry run, no question, no job's own process."""
    return workflow.executor_plugin is not None and not workflow.dryrun and workflow.is_main_process


def planned_cells(workflow: Workflow) -> list[str]:
    """Ids of the cells that this call measures, known only once the plan is made. (A dry run finishes its jobs too.)"""
    return sorted(
        f"{job.wildcards.task}/{job.wildcards.dataset}/{job.wildcards.model}{job.wildcards.setting}"
        for job in workflow.dag.needrun_jobs(exclude_finished=False)
        if job.rule.name == "measure_cell"
    )


def runs_here(workflow: Workflow) -> bool:
    """Whether jobs run on this machine: the nodes of a cluster are other ones."""
    return bool(workflow.local_exec)


def make_again(workflow: Workflow, path: str) -> None:
    """Plans the job that makes `path`, whatever Snakemake remembers of it. For input functions of that job alone.

    Snakemake compares params with what it remembers, and of results that were copied, merged or upgraded it remembers
    nothing. `--forcerun` would add the job to the targets; input functions are asked of jobs that are asked for.
    """
    workflow.dag.forcefiles.add(path)


def alone(workflow: Workflow, hold: Callable[[], AbstractContextManager[None]]) -> None:
    """Holds what `hold` gives while jobs run, and while a lock that is left is taken away (`--unlock`).

    Snakemake's own lock is a file: it outlives its holder, and `--unlock` takes it from a living one too.
    """
    execute, unlock = workflow.execute, workflow.unlock

    def executed(executor_plugin: Any, *arguments: Any, **options: Any) -> Any:
        asks = executor_plugin.common_settings.dryrun_exec or not workflow.is_main_process
        with nullcontext() if asks else hold():
            return execute(executor_plugin, *arguments, **options)

    def unlocked() -> None:
        with hold():
            unlock()

    workflow.execute, workflow.unlock = executed, unlocked


def after_a_dry_run(workflow: Workflow, tell: Callable[[list[str]], None]) -> None:
    """Hands the cells that a dry run plans to `tell`: Snakemake calls no handler there."""
    execute = workflow.execute

    def told(*arguments: Any, **options: Any) -> None:
        execute(*arguments, **options)
        if workflow.is_main_process and workflow.dryrun:
            tell(planned_cells(workflow))

    workflow.execute = told


def at_the_end(workflow: Workflow, objection: Callable[[set[str]], str | None]) -> None:
    """Asks whether what the call made, or found made, is good: the text of an objection ends it with exit status 1.

    `objection` gets the outputs of all jobs that were asked for. Snakemake calls no handler and runs no job where
    nothing is to be done, and a file that a person names has no rule of ours above it.
    """
    execute = workflow.execute

    def judged(*arguments: Any, **options: Any) -> None:
        execute(*arguments, **options)
        if workflow.is_main_process and not workflow.dryrun:
            text = objection({str(path) for job in workflow.dag.jobs for path in job.output})
            if text is not None:
                raise SystemExit(f"error: {text}")  # a WorkflowError would name this line, as if the fault were here

    workflow.execute = judged
