"""A short storm with a fixed seed; `make chaos` has the long one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.chaos import CHAOS, run_chaos, within_a_cell

pytestmark = pytest.mark.slow

EIGHT_CELLS = CHAOS | {"tasks": [CHAOS["tasks"][0] | {"datasets": ["cifar10", "cifar100"]}]}
#: Killing a worker is below, killing all in test_interruptions.
KINDS = ("terminate snakemake", "terminate parent", "kill parent", "kill snakemake", "ctrl-c", "full disk")


def test_nothing_finished_is_lost_and_nothing_counted_twice(tmp_path: Path) -> None:
    chaos = run_chaos(tmp_path, rounds=len(KINDS), seed=3, study=EIGHT_CELLS, kinds=KINDS)
    assert chaos.studies >= 1
    assert chaos.repeats >= 40
    assert chaos.blows.total() == len(KINDS)
    assert set(chaos.blows) == {kind for kind in KINDS if chaos.disk is not None or kind != "full disk"}
    if chaos.disk is None:
        pytest.skip("the storm passed; no tmpfs can be mounted here, so the disk was never full")


def replacing(module: str, old: str, new: str) -> Callable[[Path], None]:
    """Damage: another text in a module of the package."""

    def damage(scripts: Path) -> None:
        path = scripts / "wattlab" / module
        text = path.read_text()
        assert text.count(old) == 1, f"{module} has changed: {old!r} is not there once"
        path.write_text(text.replace(old, new))

    return damage


#: Each line waits in memory for the next one: what is reported finished is not yet on the disk.
KEPT_BACK = replacing(
    "records/store.py",
    '                _write_all(handle, line.encode() + b"\\n")\n',
    '                _write_all(handle, self.__dict__.pop("kept_back", b""))\n'
    '                self.kept_back = line.encode() + b"\\n"\n',
)
#: A resumed session counts its repeats from the beginning.
COUNTED_TWICE = replacing(
    "runs/session.py",
    "next_index = max((observed.index for observed in read_store(bench.store.path).observed), default=-1) + 1",
    "next_index = 0",
)
TWO_CELLS = CHAOS | {
    "tasks": [CHAOS["tasks"][0] | {"datasets": ["cifar10"], "models": CHAOS["tasks"][0]["models"][:2]}]
}


@pytest.mark.parametrize(
    ("damage", "words"),
    [(KEPT_BACK, "lost: |other repeats: "), (COUNTED_TWICE, "other repeats: ")],
    ids=["a line kept back", "repeats counted twice"],
)
def test_chaos_fails_where_the_store_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None], words: str
) -> None:
    monkeypatch.setenv("WATTLAB_INFERENCE_S", "0.5")  # slow enough that the blow falls into the next repeat
    with pytest.raises(AssertionError, match=words):
        run_chaos(
            tmp_path,
            rounds=1,
            seed=3,
            study=TWO_CELLS,
            damage=damage,
            kinds=("kill worker",),
            wait=within_a_cell,
        )
