"""One form for the rows of all copies: images, records, boxes, class names."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Features, List, Sequence, Value
from datasets import Image as ImageFeature
from PIL import Image

from support.hub_datasets import add, card, parquet, refusal, sampled, spec_of_hub, talk_to
from support.mock_hub import MockHub


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MockHub]:
    with MockHub(datasets={}) as hub:
        talk_to(hub, tmp_path / "cache", monkeypatch)
        yield hub


def image(width: int = 40, height: int = 20, mode: str = "RGB", kind: str = "PNG", **options: Any) -> bytes:
    sink = io.BytesIO()
    Image.new(mode, (width, height)).save(sink, format=kind, **options)
    return sink.getvalue()


def turned() -> bytes:
    """A JPEG of 40 x 20 whose EXIF says that it is to be turned by 90 degrees."""
    exif = Image.Exif()
    exif[Image.ExifTags.Base.Orientation] = 6
    return image(kind="JPEG", exif=exif)


# ---------------------------------------------------------------- images


CIFAR = "plain_text/test-00000-of-00001.parquet"
CIFAR_FEATURES = Features({"img": ImageFeature(), "label": ClassLabel(names=["cat", "dog"])})


def test_images_of_any_mode_come_as_rgb_turned_as_exif_says(hub: MockHub, tmp_path: Path) -> None:
    files = [image(), turned(), image(mode="L"), image(mode="CMYK", kind="JPEG"), image(mode="P"), image(mode="RGBA")]
    rows = [{"img": {"bytes": content, "path": "x"}, "label": n % 2} for n, content in enumerate(files)]
    add(hub, "uoft-cs/cifar10", {CIFAR: parquet(rows, CIFAR_FEATURES)})
    manifest, found = sampled(spec_of_hub("cifar10", 6, selection="first"), tmp_path)
    assert [row["img"].size for row in found] == [(40, 20), (20, 40), (40, 20), (40, 20), (40, 20), (40, 20)]
    assert {row["img"].mode for row in found} == {"RGB"}
    assert [row["label"] for row in found] == [0, 1, 0, 1, 0, 1]
    assert manifest.label_names == {"label": ["cat", "dog"]}


def test_an_image_that_does_not_open_is_replaced_and_a_path_is_never_followed(hub: MockHub, tmp_path: Path) -> None:
    local = tmp_path / "local.png"
    local.write_bytes(image())
    contents = [
        {"bytes": b"no image", "path": None},
        {"bytes": None, "path": str(local)},
        None,
        {"bytes": image(), "path": None},
    ]
    rows = [{"img": content, "label": 0} for content in contents]
    add(hub, "uoft-cs/cifar10", {CIFAR: parquet(rows)})
    manifest, found = sampled(spec_of_hub("cifar10", 1, selection="first"), tmp_path)
    assert [row_id for row_id in manifest.row_ids] == [f"{CIFAR}:3"]
    assert [skipped.reason for skipped in manifest.skipped] == [
        "its image does not open: UnidentifiedImageError",
        "its image has no bytes",
        "its image is null",
    ]
    assert found[0]["img"].size == (40, 20)


# ---------------------------------------------------------------- records


ANSWERS = [{"text": ["a", "b"], "answer_start": [1, 5]}, {"text": [], "answer_start": []}]
SQUAD = "plain_text/validation-00000-of-00001.parquet"


def squad_rows(as_records: bool) -> list[dict[str, Any]]:
    def form(answers: dict[str, list[Any]]) -> Any:
        return (
            [dict(zip(answers, values, strict=True)) for values in zip(*answers.values(), strict=True)]
            if as_records
            else answers
        )

    return [
        {"id": str(n), "title": "t", "question": "q", "context": "c", "answers": form(a)} for n, a in enumerate(ANSWERS)
    ]


@pytest.mark.parametrize("as_records", [False, True])
def test_answers_have_one_form_whatever_the_copy_has(hub: MockHub, tmp_path: Path, as_records: bool) -> None:
    answer = {"text": Value("string"), "answer_start": Value("int32")}
    answers: Any = List(answer) if as_records else Sequence(answer)
    strings = {name: Value("string") for name in ("id", "title", "question", "context")}
    add(hub, "rajpurkar/squad", {SQUAD: parquet(squad_rows(as_records), Features(strings | {"answers": answers}))})
    manifest, found = sampled(spec_of_hub("squad", 2, selection="first"), tmp_path)
    assert [row["answers"] for row in found] == ANSWERS
    assert set(found[0]) == {"question", "context", "answers"}
    assert manifest.label_names == {}


# ---------------------------------------------------------------- boxes


def objects_features() -> Features:
    one = {"category": ClassLabel(names=["mask", "glove"]), "bbox": List(Value("float32"), length=4)}
    return Features({"image": ImageFeature(), "objects": Sequence(one)})


def annotated(*boxes: list[float]) -> dict[str, Any]:
    return {
        "image": {"bytes": image(100, 80), "path": None},
        "objects": {"category": [n % 2 for n in range(len(boxes))], "bbox": list(boxes)},
    }


def test_boxes_become_corner_and_size(hub: MockHub, tmp_path: Path) -> None:
    rows = [annotated([10, 20, 60, 70], [50, 40, 90, 80]), annotated()]
    add(hub, "detection-datasets/coco", {"data/val-00000-of-00001.parquet": parquet(rows, objects_features())})
    manifest, found = sampled(spec_of_hub("coco", 2, selection="first"), tmp_path)
    assert [row["objects"] for row in found] == [
        {"category": [0, 1], "bbox": [[10.0, 20.0, 50.0, 50.0], [50.0, 40.0, 40.0, 40.0]]},
        {"category": [], "bbox": []},
    ]
    assert manifest.label_names == {"objects.category": ["mask", "glove"]}


def test_boxes_that_are_not_as_the_catalog_says_are_a_refusal(hub: MockHub, tmp_path: Path) -> None:
    rows = [annotated([10, 20, 60, 70], [50, 40, 90, 80])]
    add(hub, "rishitdagli/cppe-5", {"data/train-00000-of-00001.parquet": parquet(rows, objects_features())})
    said = refusal(sampled(spec_of_hub("cppe-5", 1), tmp_path)[0])
    assert "boxes of rishitdagli/cppe-5 are not xywh: 0% of them fit into their images so, and 100% as xyxy" in said
    assert "set `hub.boxes: xyxy` in catalog/datasets/cppe-5.yaml" in said
    spec = spec_of_hub("cppe-5", 1, columns={"objects": "image"})
    assert "have no bbox, and no x, y, w, h; they have" in refusal(sampled(spec, tmp_path)[0])


# ---------------------------------------------------------------- class names


def test_class_names_come_from_the_card_where_the_file_has_none(hub: MockHub, tmp_path: Path) -> None:
    tags = {"feature": {"class_label": {"names": {"0": "O", "1": "B-PER"}}}}
    features = [{"name": "tokens", "list": "string"}, {"name": "ner_tags", "list": tags["feature"]}]
    readme = card({"dataset_info": {"config_name": "en", "features": features, "splits": []}})
    rows = [{"tokens": ["Ann", "ran"], "ner_tags": [1, 0], "langs": ["en", "en"]}]
    add(hub, "unimelb-nlp/wikiann", {"en/test-00000-of-00001.parquet": parquet(rows), "README.md": readme})
    manifest, found = sampled(spec_of_hub("wikiann", 1), tmp_path)
    assert manifest.label_names == {"ner_tags": ["O", "B-PER"]}
    assert found == [{"tokens": ["Ann", "ran"], "ner_tags": [1, 0]}]


def test_a_card_that_is_not_readable_hides_no_rows(hub: MockHub, tmp_path: Path) -> None:
    rows = [{"tokens": ["Ann"], "ner_tags": [1]}]
    files = {"en/test-00000-of-00001.parquet": parquet(rows), "README.md": b"---\n- no mapping\n---\n"}
    add(hub, "unimelb-nlp/wikiann", files)
    manifest, found = sampled(spec_of_hub("wikiann", 1), tmp_path)
    assert (found, manifest.label_names) == (rows, {})


def test_a_kind_of_feature_that_is_not_known_costs_no_rows(hub: MockHub, tmp_path: Path) -> None:
    features = {"info": {"features": {"text": {"_type": "Hologram"}, "label": {"dtype": "int64", "_type": "Value"}}}}
    table = pa.Table.from_pylist([{"text": "a", "label": 1}])
    sink = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(features)}), sink)
    add(hub, "stanfordnlp/imdb", {"plain_text/test-00000-of-00001.parquet": sink.getvalue()})
    manifest, found = sampled(spec_of_hub("imdb", 1), tmp_path)
    assert (found, manifest.label_names) == ([{"text": "a", "label": 1}], {})
