"""The shipped studies resolve to the right cells."""

from collections import Counter

from support.studies import FLAN, ROOT, hashes, resolved, study_content
from support.surrogates import papers_catalog
from wattlab.catalog.reading import Catalog, read_yaml
from wattlab.runs.fingerprint import comparable_spec


def test_laptop_has_48_cells(catalog: Catalog) -> None:
    study = resolved(catalog)
    assert len(study.cells) == 48
    assert study.config.study == "laptop"
    purposes = Counter(cell.cell.purpose for cell in study.cells)
    assert purposes == {"task-specific": 39, "multi-purpose": 9}
    datasets: dict[str, set[str]] = {}
    models: dict[str, set[str]] = {}
    for cell in study.cells:
        datasets.setdefault(cell.cell.task, set()).add(cell.cell.dataset)
        if cell.cell.purpose == "task-specific":
            models.setdefault(cell.cell.task, set()).add(cell.cell.model)
    assert {task: len(names) for task, names in datasets.items()} == dict.fromkeys(catalog.tasks, 3)
    assert sorted(len(names) for names in models.values()) == [1] * 7 + [2] * 3
    assert {cell.cell.model for cell in study.cells if cell.cell.purpose == "multi-purpose"} == {FLAN}


def test_quick_is_one_cell_of_each_task_and_the_default_study_goes_on_from_its_repeats(catalog: Catalog) -> None:
    laptop = {cell.cell.id: comparable_spec(cell.spec) for cell in resolved(catalog).measured}
    quick = {cell.cell.id: cell.spec for cell in resolved(catalog, study_content("studies/quick.yaml")).measured}
    assert len(quick) == 10
    assert {spec.cell.task for spec in quick.values()} == set(catalog.tasks)
    assert {spec.protocol.repeats for spec in quick.values()} == {2}
    assert {cell: comparable_spec(spec) for cell, spec in quick.items()} == {cell: laptop[cell] for cell in quick}


def test_wide_has_75_cells_and_all_of_laptop(catalog: Catalog) -> None:
    laptop, wide = hashes(resolved(catalog)), hashes(resolved(catalog, study_content("studies/wide.yaml")))
    assert len(wide) == 75
    assert laptop.items() <= wide.items()  # the same specs: nothing is measured twice


def test_wide_holds_only_what_differs() -> None:
    base, wide = read_yaml(ROOT / "config.yaml"), read_yaml(ROOT / "studies/wide.yaml")
    assert set(wide) == {"study", "tasks", "multi_purpose"}
    assert all(base[key] != wide[key] for key in wide)


def test_every_key_of_a_study_stands_in_the_default_one(catalog: Catalog) -> None:
    content = read_yaml(ROOT / "config.yaml")
    assert set(content) == set(type(resolved(catalog).config).model_fields) - {"logs"}


def test_the_studies_of_today_meet_those_of_the_paper_s_models(catalog: Catalog) -> None:
    """In every task, on its datasets, under the same protocol, with models that the paper lacks."""
    papers = set(papers_catalog().models)
    for name, other, cells in (("today-laptop", None, 47), ("today", "gpu", 114)):
        study = resolved(catalog, study_content(f"studies/{name}.yaml"))
        then = resolved(catalog, study_content(*([f"studies/{other}.yaml"] if other else [])))
        assert study.config.beside == [then.config.study]
        assert len(study.cells) == cells
        assert not {cell.cell.model for cell in study.cells} & papers
        places = {(cell.cell.task, cell.cell.purpose, cell.cell.dataset) for cell in then.cells}
        for task in catalog.tasks:
            own = [cell for cell in study.measured if cell.cell.task == task and cell.cell.setting is None]
            assert {(task, cell.cell.purpose, cell.cell.dataset) for cell in own} & places, task
            theirs = next(cell for cell in then.measured if cell.cell.task == task)
            if task != "text-to-image":  # a model of one step takes one
                assert own[0].spec.protocol == theirs.spec.protocol


def test_the_papers_study_has_312_cells() -> None:
    catalog = papers_catalog()
    datasets = {task: [name for name, e in catalog.datasets.items() if task in e.tasks] for task in catalog.tasks}
    specific = [stem for stem, e in catalog.models.items() if e.family not in ("flan-t5", "bloomz")]
    tasks = [
        {"task": task, "datasets": names, "models": [m for m in specific if catalog.models[m].tasks == [task]]}
        for task, names in datasets.items()
    ]
    multi = [
        {"task": task, "datasets": datasets[task], "models": sorted(set(catalog.models) - set(specific))}
        for task in ("text-classification", "question-answering", "summarization")
    ]
    study = resolved(catalog, tasks=tasks, multi_purpose=multi, protocol="paper", weights="hub", data="hub")
    assert len(study.cells) == 312
    assert sum(cell.spec.protocol.repeats for cell in study.cells if cell.spec is not None) == 3120


def test_aliases_and_hub_ids_name_the_same_cells(catalog: Catalog) -> None:
    content = study_content()
    expected = hashes(resolved(catalog, content))
    content["tasks"][0]["models"] = ["distilbert-base-uncased-finetuned-sst-2-english"]
    content["multi_purpose"][0]["models"] = ["google/flan-t5-base"]
    assert hashes(resolved(catalog, content)) == expected
