"""`beside` in the configuration: the page sets another study of the work directory beside this one."""

import json
import re
import shutil

import pytest

from support.workflow import Project

pytestmark = pytest.mark.slow


def test_the_page_shows_the_studies_of_the_configuration(project: Project) -> None:
    own, other = project.results / "small", project.results / "other"
    shutil.copytree(own / "tables", other / "tables")
    (study,) = (other / "tables").glob("study-*.json")
    study.write_text(study.read_text().replace('"study": "small"', '"study": "other"'))
    project.configure(beside=["other", "not-measured-yet"])
    run = project.snakemake("report")
    assert run.returncode == 0, run.stdout
    assert (own / "report.html").stat().st_size < 6e6  # most of it the figures and Vega, as in the default study
    page = (own / "report.html").read_text()
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page)
    (beside,) = json.loads(data)["beside"]
    assert beside["study"] == "other" and set(beside["energies"]) == {"fill-mask", "image-classification"}
    assert "and the study other" in page
    assert "The study not-measured-yet is to stand beside this one and has no tables yet." in page
    tasks = other / "tables/tasks.csv"
    tasks.write_text(tasks.read_text() + "\n")
    assert "Writing the report" in project.jobs()
