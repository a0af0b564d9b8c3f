"""The frozen form of rows: a manifest and a Parquet file, checked on reading; and the verb that writes them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import sample_dataset
from support.samples import read_samples
from support.surrogates import DATASETS, one_cell, rows_of, spec_of
from wattlab.foundation.errors import InputError, Unavailable
from wattlab.samples.manifest import Manifest, read_manifest, rows_path, samples_sha256, write_samples
from wattlab.samples.surrogate import images as image_material
from wattlab.samples.surrogate.generate import surrogate_rows


def manifest_of(n: int, n_wanted: int | None = None, **more: Any) -> Manifest:
    wanted = n if n_wanted is None else n_wanted
    content: dict[str, Any] = {
        "status": "complete",
        "dataset": "test",
        "data": "surrogate",
        "selection": "seeded",
        "seed": 0,
        "n_wanted": wanted,
        "n_rows": n,
        "cycled": n < wanted,
        "row_ids": list(range(n)),
        "generator_version": 1,
        "key": "0" * 12,
        **more,
    }
    return Manifest(**content)


def picture(red: int = 0) -> Image.Image:
    image = Image.new("RGB", (3, 2), (10, 20, 30))
    image.putpixel((2, 1), (red, 20, 30))
    return image


@pytest.mark.parametrize("name", sorted(DATASETS))
def test_rows_come_back_as_they_were_written(name: str, tmp_path: Path) -> None:
    rows = rows_of(name, 2)
    path = tmp_path / "key.json"
    written = write_samples(path, manifest_of(2), rows)
    manifest, found = read_samples(path)
    assert manifest == written == read_manifest(path)
    assert manifest.sha256 == samples_sha256(rows)
    for row, back in zip(rows, found, strict=True):
        for column, value in row.items():
            if isinstance(value, Image.Image):
                assert back[column].mode == "RGB"
                assert back[column].tobytes() == value.convert("RGB").tobytes()
            else:
                assert back[column] == value


def test_grey_images_come_back_as_rgb(tmp_path: Path) -> None:
    write_samples(tmp_path / "key.json", manifest_of(1), [{"image": picture().convert("L")}])
    _, (row,) = read_samples(tmp_path / "key.json")
    assert row["image"].mode == "RGB"


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "A lettes", "image": picture()},
        {"text": "A letter", "image": picture(red=1)},
        {"text": "A letter", "image": picture().resize((2, 3))},
        {"text": "A letter", "image": picture().convert("L")},
        {"text": "A letter", "picture": picture()},
    ],
)
def test_the_hash_sees_one_letter_one_pixel_size_mode_and_name(changed: dict[str, Any]) -> None:
    row = {"text": "A letter", "image": picture()}
    assert samples_sha256([row]) == samples_sha256([{"image": picture(), "text": "A letter"}])
    assert samples_sha256([row]) != samples_sha256([changed])
    assert samples_sha256([row]) != samples_sha256([row, row])


def test_fewer_rows_than_wanted_are_cycled(tmp_path: Path) -> None:
    write_samples(tmp_path / "key.json", manifest_of(2, n_wanted=5), [{"text": "a"}, {"text": "b"}])
    manifest, rows = read_samples(tmp_path / "key.json")
    assert manifest.cycled
    assert [row["text"] for row in rows] == ["a", "b", "a", "b", "a"]


def test_missing_damaged_and_changed_rows_are_told_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    with pytest.raises(InputError, match=r"key.json: no such file; run"):
        read_samples(path)
    write_samples(path, manifest_of(1), [{"text": "a"}])
    rows_path(path).write_bytes(b"no parquet")
    with pytest.raises(InputError, match=r"key.parquet: no readable Parquet file.*`make retry` samples again"):
        read_samples(path)
    rows_path(path).unlink()
    with pytest.raises(InputError, match=r"key.parquet: the rows of key.json are missing; `make retry` samples again"):
        read_samples(path)
    write_samples(tmp_path / "other.json", manifest_of(1), [{"text": "b"}])
    rows_path(tmp_path / "other.json").rename(rows_path(path))
    with pytest.raises(
        InputError, match=r"key.parquet: content sha256 = \w{64}, but the manifest says .*`make retry` samples again"
    ):
        read_samples(path)


def test_a_manifest_must_be_consistent(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a reason and a remedy"):
        manifest_of(1, status="unavailable")
    with pytest.raises(ValueError, match="cycled says"):
        manifest_of(1, n_wanted=2, cycled=False)
    with pytest.raises(ValueError, match="2 rows came, but the manifest says n_rows = 1"):
        write_samples(tmp_path / "key.json", manifest_of(1), [{"text": "a"}, {"text": "b"}])
    assert not (tmp_path / "key.json").exists()


def test_the_verb_writes_what_the_spec_says(tmp_path: Path) -> None:
    spec = spec_of("coco", 2)
    path = tmp_path / "coco" / f"{spec.key}.json"
    manifest = sample_dataset.sample(spec, path)
    assert (manifest.status, manifest.key, manifest.n_rows, manifest.row_ids) == ("complete", spec.key, 2, [0, 1])
    assert manifest.sha256 == samples_sha256(surrogate_rows(spec))
    assert any("flower.jpg" in note for note in manifest.notes)
    assert len(read_samples(path)[1]) == 2


def test_the_same_rows_twice_are_the_same_manifest(tmp_path: Path) -> None:
    for name in ("one", "two"):
        sample_dataset.sample(spec_of("imdb", 3), tmp_path / f"{name}.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_missing_material_is_a_status_and_a_mistake_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any) -> Any:
        raise Unavailable("the photograph is missing", "install scikit-image")

    def mistaken(*_: Any) -> Any:
        raise KeyError("a programming error")

    path = tmp_path / "key.json"
    replace: Callable[[Any], None] = lambda function: monkeypatch.setattr(image_material, "_photograph", function)  # noqa: E731
    replace(missing)
    assert sample_dataset.sample(spec_of("coco"), path).status == "unavailable"
    manifest, rows = read_samples(path)
    assert (manifest.reason, manifest.remedy, rows) == ("the photograph is missing", "install scikit-image", [])
    replace(mistaken)
    with pytest.raises(KeyError):
        sample_dataset.sample(spec_of("coco"), tmp_path / "other.json")
    assert not (tmp_path / "other.json").exists()


def test_files_hold_no_path_of_this_machine(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    sample_dataset.sample(spec_of("coco", 1), path)
    assert str(tmp_path) not in json.dumps(json.loads(path.read_text()))


def test_the_command_takes_a_spec(tmp_path: Path) -> None:
    spec = one_cell().spec
    path = tmp_path / f"{spec.samples.key}.json"
    given = spec.samples.model_dump_json()
    assert sample_dataset.main(["--spec", given, "--manifest", str(path), "--receipt"]) == 0
    manifest, rows = read_samples(path)
    assert manifest.key == spec.samples.key
    assert len(rows) == spec.protocol.n_inferences
    with pytest.raises(InputError, match="--spec: dataset_ = 'sst2': unknown key; did you mean 'dataset'"):
        sample_dataset.main(["--spec", given.replace('"dataset"', '"dataset_"'), "--manifest", str(path)])
