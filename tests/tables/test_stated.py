"""A stated power: modelled energies follow from it through every table; counted ones and the store do not change."""

from pathlib import Path

import pandas as pd
import pytest

from support import measurements, records
from support.tables import Tables
from wattlab.records.record import Method, Record
from wattlab.study.config import Nameplate
from wattlab.tables.evidence import CellEvidence, Evidence
from wattlab.tables.stated import with_stated_power
from wattlab.tables.words import assumed
from wattlab.workflow.loading import study_of

STATED = Nameplate(cpu_w=65.0, ram_w=10.0)


def record(method: Method, meter: dict[str, object]) -> Record:
    """Modelled by 8 W and 20 W, or counted."""
    resolved = records.resolved_cell()
    session = measurements.session("s1").model_copy(update={"meter": meter})
    made = records.record_of(resolved, [measurements.repeat(index) for index in range(3)], sessions=[session])
    repeats = [
        one.model_copy(update={"energy_cpu_method": method, "energy_ram_method": "model", "session": "s1"})
        for one in made.repeats
    ]
    return made.model_copy(update={"repeats": repeats})


def tables(made: Record) -> dict[str, pd.DataFrame]:
    resolved = records.resolved_cell()
    study = records.resolved_study([resolved])
    return Tables(Evidence(study, records.catalog(), [CellEvidence(resolved, made)]))


METER = {"cpu_tdp_w": 8.0, "cpu_power_source": "default", "ram_power_w": 20.0}


@pytest.mark.slow
def test_modelled_energies_are_those_of_the_stated_power() -> None:
    before = record("model", METER)
    old, new = tables(before), tables(with_stated_power(before, STATED))
    for column, factor in (("energy_cpu_j", 65 / 8), ("energy_ram_j", 0.5)):
        assert list(new["runs"][column]) == pytest.approx([energy_j * factor for energy_j in old["runs"][column]])
    assert (new["runs"]["window_s"] == old["runs"]["window_s"]).all()
    words = assumed(new["cells"], new["provenance"])
    assert words == "assumed power: CPU 65 W (stated by the study), memory 10 W (stated by the study)"
    assert "a guess" in str(assumed(old["cells"], old["provenance"]))


def test_counters_stay_as_they_are() -> None:
    before = record("counter", {**METER, "cpu_tdp_w": None, "cpu_power_source": None})
    after = with_stated_power(before, Nameplate(cpu_w=65.0))
    assert [one.energy_cpu_j for one in after.repeats] == [one.energy_cpu_j for one in before.repeats]
    assert with_stated_power(before, None) is before


def test_a_session_that_did_not_say_its_power_stays_as_it_is() -> None:
    before = record("model", {})
    assert with_stated_power(before, STATED) == before


def test_it_changes_no_spec(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("nameplate: {cpu_w: 65}\n")
    stated, plain = study_of(Path("config.yaml"), mine), study_of(Path("config.yaml"))
    assert stated.config.nameplate == Nameplate(cpu_w=65.0)
    assert [cell.spec.key for cell in stated.measured] == [cell.spec.key for cell in plain.measured]
    assert "nameplate" not in plain.config.model_dump(mode="json")
