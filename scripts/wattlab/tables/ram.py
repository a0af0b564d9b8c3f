"""Models of the memory's power. No counter that CodeCarbon reads holds it, so it is a model that has a name.

`codecarbon-3` is what was recorded: 5 W or less for every memory module that CodeCarbon guesses. `codecarbon-2` is what
the paper's logs hold: 3 W for every 8 GB. On a node with 1,149 GB the first says 42 W and the second 431 W. Both are
computed from what a record holds; nothing is measured again.
"""

from typing import Any, TypeVar

from wattlab.records.record import Machine, Record, Repeat, Session, Window
from wattlab.study.config import RamModel

#: The model that a measurement records.
RECORDED: RamModel = "codecarbon-3"

#: CodeCarbon 2.3.1, codecarbon/external/hardware.py: 3 W per 8 GB of 1024^3 bytes.
W_PER_GB: dict[str, float] = {"codecarbon-2": 0.375}

SomeWindow = TypeVar("SomeWindow", bound=Window)


def under_model(record: Record, model: RamModel) -> Record:
    """The record with the memory's energy under another model.

    Left as it is: memory that was not modelled, and windows of a machine that is not recorded (imported logs).
    """
    if model == RECORDED:
        return record
    machines = {session.session: session.machine for session in record.sessions}

    def repeats(of: list[Repeat]) -> list[Repeat]:
        return [_repeat(repeat, machines.get(repeat.session), model) for repeat in of]

    return record.model_copy(
        update={
            "sessions": [_session(session, model) for session in record.sessions],
            "repeats": repeats(record.repeats),
            "extra_repeats": repeats(record.extra_repeats),
        }
    )


def _repeat(repeat: Repeat, machine: Machine | None, model: RamModel) -> Repeat:
    idle = {key: _optional(getattr(repeat, key), machine, model) for key in ("idle_before", "idle_after")}
    return _window(repeat.model_copy(update=idle), machine, model)


def _session(session: Session, model: RamModel) -> Session:
    phases: dict[str, Any] = {
        key: _optional(getattr(session, key), session.machine, model) for key in ("load", "transfer", "warmup")
    }
    return session.model_copy(update=phases)


def _optional(window: SomeWindow | None, machine: Machine | None, model: RamModel) -> SomeWindow | None:
    return None if window is None else _window(window, machine, model)


def _window(window: SomeWindow, machine: Machine | None, model: RamModel) -> SomeWindow:
    if not is_switchable(window, machine):
        return window
    assert machine is not None
    return window.model_copy(update={"energy_ram_j": W_PER_GB[model] * machine.ram_gb * window.window_s})


def is_switchable(window: Window, machine: Machine | None) -> bool:
    """Whether the memory's energy comes from a model, on a machine whose memory is known."""
    return window.energy_ram_method == "model" and machine is not None
