"""The pins: one version of each package, the same in the lock and in the conda files, and enough for every program."""

import re
from collections import Counter
from importlib.metadata import requires, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from support.imports import ROOT, SCRIPTS, canonical, direct_imports, distributions_of, lazy_targets
from wattlab.foundation.closure import imported

LOCK = ROOT / "requirements.lock"
ENVS = sorted((ROOT / "envs").glob("*.yaml"))
#: transformers 4 is another world: it has pins of its own.
SHARED = [path for path in ENVS if path.stem in ("inference", "analysis")]

#: What the device's build of torch brings with it; the pin of torch decides these.
_FOLLOWS_TORCH = re.compile(r"^(nvidia-(?!ml-py)|cuda-|triton)")


def pins(lines: list[str]) -> dict[str, str]:
    """Canonical name -> version, of `name==version` lines; anything else is refused."""
    found = [re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.]+)", line) for line in lines]
    assert all(found), [line for line, pin in zip(lines, found, strict=True) if not pin]
    names = [canonical(pin[1]) for pin in found if pin]
    assert not [name for name, times in Counter(names).items() if times > 1]
    return {canonical(pin[1]): pin[2] for pin in found if pin}


def lock() -> dict[str, str]:
    lines = (line.strip() for line in LOCK.read_text().splitlines())
    return pins([line for line in lines if line and not line.startswith("#")])


def environment(path: Path) -> dict[str, str]:
    dependencies = yaml.safe_load(path.read_text())["dependencies"]
    return pins(next(entry["pip"] for entry in dependencies if isinstance(entry, dict)))


def needed(names: list[str]) -> set[str]:
    """Everything that the installed packages of these names require, themselves included."""
    seen: set[tuple[str, str]] = set()
    waiting = [(canonical(name), "") for name in names]
    while waiting:
        entry = waiting.pop()
        if entry in seen:
            continue
        seen.add(entry)
        for text in requires(entry[0]) or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": entry[1]}):
                name = canonical(requirement.name)
                waiting += [(name, extra) for extra in ("", *requirement.extras)]
    return {name for name, _ in seen if not _FOLLOWS_TORCH.match(name)}


def test_torch_is_pinned_without_a_build() -> None:
    assert re.search(r"^torch==\d+\.\d+\.\d+$", LOCK.read_text(), re.MULTILINE)
    assert "--hash" not in LOCK.read_text()


def test_these_tests_run_in_the_locked_environment() -> None:
    wrong = {name: (pin, version(name)) for name, pin in lock().items() if version(name).split("+")[0] != pin}
    assert wrong == {}


def test_the_lock_is_whole() -> None:
    assert needed(list(lock())) - lock().keys() == set()


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.stem)
def test_conda_file_is_complete_and_takes_no_default_channel(path: Path) -> None:
    content = yaml.safe_load(path.read_text())
    assert content["channels"] == ["conda-forge", "nodefaults"]
    assert content["name"] == f"wattlab-{path.stem}"
    assert content["dependencies"][:2] == ["python =3.11", "pip"]


@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.stem)
def test_conda_file_has_the_pins_of_the_lock_and_all_they_need(path: Path) -> None:
    here, locked = environment(path), lock()
    assert {name: pin for name, pin in here.items() if locked.get(name) != pin} == {}
    assert needed(list(here)) - here.keys() == set()


@pytest.mark.slow
def test_transformers_4_has_a_lock_of_its_own() -> None:
    lines = (line.strip() for line in (ROOT / "requirements-transformers4.lock").read_text().splitlines())
    locked = pins([line for line in lines if line and not line.startswith("#")])
    assert environment(ROOT / "envs/inference-transformers4.yaml") == locked
    # Another torch than the main one: of this pair both builds on PyPI load beside each other (tried on x86_64).
    assert (locked["transformers"].split(".")[0], locked["torch"], locked["torchvision"]) == ("4", "2.14.1", "0.29.1")
    others = {"transformers", "tokenizers", "huggingface-hub", "diffusers", "datasets", "torch"}
    direct = set(distributions_of(SCRIPTS / "measure_cell.py")) - others
    assert {name: locked.get(name) for name in direct} == {name: lock()[name] for name in direct}


def test_analysis_needs_no_torch() -> None:
    heavy = {"torch", "transformers", "diffusers", "accelerate", "tokenizers", "codecarbon", "snakemake"}
    analysis = next(path for path in SHARED if path.stem == "analysis")
    assert environment(analysis).keys() & heavy == set()


#: Runs with the code of an older commit beside it, never with this one.
OF_ANOTHER_COMMIT = ROOT / "tests/make_golden.py"
PROGRAMS = sorted({*SCRIPTS.rglob("*.py"), *(ROOT / "tests").rglob("*.py")} - {OF_ANOTHER_COMMIT})


@pytest.mark.parametrize("file", PROGRAMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_import_is_in_the_lock(file: Path) -> None:
    assert direct_imports(file)[0] - lock().keys() == set()


def rules_with_programs() -> list[tuple[str, str, str]]:
    """(rule, environment, script) of every rule that runs `program("script")`."""
    found = []
    for file in sorted((ROOT / "rules").glob("*.smk")):
        # A rule may choose among environments by a function: the one that it names in its comment holds here.
        for block in re.split(r"^(?=\s*rule\b)", file.read_text(), flags=re.MULTILINE)[1:]:
            name = re.match(r"\s*rule\s*(\w*)", block)
            conda = re.search(r"conda:\s*(?:[\"']|# )(?:\.\./)?envs/([\w-]+)\.yaml", block)
            for program in re.findall(r'program\("(\w+)"\)', block):
                assert name and conda, f"{file.name}: a rule calls {program} and names no file of envs/"
                found.append((name[1], conda[1], program))
    return found


def test_every_rule_finds_its_imports_in_its_conda_file() -> None:
    rules = rules_with_programs()
    assert len(rules) >= 5
    environments = {path.stem: environment(path) for path in ENVS}
    lacking = {
        rule: {
            package: file
            for package, file in distributions_of(SCRIPTS / f"{program}.py").items()
            if package not in pins
        }
        for rule, name, program in rules
        for pins in [environments[name]]
    }
    assert {rule: packages for rule, packages in lacking.items() if packages} == {}


def test_actions_are_pinned_and_call_what_people_call() -> None:
    workflow = (ROOT / ".github/workflows/ci.yml").read_text()
    used = re.findall(r"uses: (\S+)", workflow)
    assert used and all(re.fullmatch(r"actions/[\w-]+@v\d+\.\d+\.\d+", action) for action in used), used
    called = {
        step["run"] for job in yaml.safe_load(workflow)["jobs"].values() for step in job["steps"] if "run" in step
    }
    assert {".ci/run", "make check", "make published"} <= called
    assert any("--report" in command for command in called)


def test_reading_of_imports_sees_lazy_ones_and_no_types() -> None:
    source = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\n"
        "def late():\n    import pandas as pd\n    from PIL import Image\nENTRY = 'wattlab.foundation.units:X'\n"
    )
    assert imported(source) == {"typing", "typing.TYPE_CHECKING", "pandas", "PIL", "PIL.Image"}
    assert lazy_targets(source) == {"wattlab.foundation.units"}
