"""What the 27 dataset repositories hold, as far as the catalog and public code tell: files, splits, columns, features.

Each twin names the rows' last edit: from a surrogate row to the columns of the hub's copy, with awkward rows among
them. Files of other splits and configurations stand in as traps.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from datasets import ClassLabel, Features, Image, List, Value

from support.mock_hub import edits
from support.mock_hub.formats import Row

Splits = Mapping[str, list[str]]


@dataclass(frozen=True)
class Twin:
    """A repository. `configs`: files by configuration and split; `features`: of Parquet files, null for other formats.

    `config`: the one that the study reads. `names_files`: whether the card says which files a split has. `more`: files
    of no split (loading scripts, archives of images).
    """

    configs: Mapping[str, Splits]
    features: Features | None = None
    config: str = "default"
    names_files: bool = True
    more: tuple[str, ...] = ()
    edit: Callable[[list[Row]], list[Row]] = edits.unchanged
    generator: dict[str, Any] = field(default_factory=dict)


STRING, INT32, INT64 = Value("string"), Value("int32"), Value("int64")
CIFAR10 = "airplane automobile bird cat deer dog frog horse ship truck".split()
PPE = ["Coverall", "Face_Shield", "Gloves", "Goggles", "Mask"]
NER = "O B-PER I-PER B-ORG I-ORG B-LOC I-LOC B-MISC I-MISC".split()
COCO = (
    "person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,bench,"
    "bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,skis,"
    "snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,"
    "knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,"
    "dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,refrigerator,book,clock,"
    "vase,scissors,teddy bear,hair drier,toothbrush"
).split(",")

_review = Features({"text": STRING, "label": ClassLabel(names=["neg", "pos"])})
_questions = Features(
    {"id": STRING, "title": STRING, "context": STRING, "question": STRING}
    | {"answers": {"text": List(STRING), "answer_start": List(INT32)}}
)


def _numbered(n: int) -> ClassLabel:
    return ClassLabel(names=[f"class {number}" for number in range(n)])


def _one(folder: str, *splits: str) -> Splits:
    """A Parquet file for each split."""
    return {split: [f"{folder}/{split}-00000-of-00001.parquet"] for split in splits}


def _objects(names: list[str], number: str) -> dict[str, Any]:
    box = {number: List(INT64), "category": List(ClassLabel(names=names))}
    return box | {"bbox": List(List(Value("float32"), length=4)), "area": List(Value("float32"))}


TWINS: dict[str, Twin] = {
    "bookcorpus": Twin(
        {"default": {"train": [f"data/train-{part:05d}-of-00005.parquet" for part in range(5)]}},
        Features({"text": STRING}),
    ),
    "c4": Twin(
        {
            "en": {
                "train": [f"en/c4-train.{part:05d}-of-01024.json.gz" for part in range(6)],
                "validation": [f"en/c4-validation.{part:05d}-of-00008.json.gz" for part in range(8)],
            },
            "realnewslike": {"train": ["realnewslike/c4-train.00000-of-00512.json.gz"]},
        },
        config="en",
    ),
    "cifar10": Twin(
        {"plain_text": _one("plain_text", "train", "test")},
        Features({"img": Image(), "label": ClassLabel(names=CIFAR10)}),
        config="plain_text",
        edit=edits.as_png,
    ),
    "cifar100": Twin(
        {"cifar100": _one("cifar100", "train", "test")},
        Features({"img": Image(), "fine_label": _numbered(100), "coarse_label": _numbered(20)}),
        config="cifar100",
        edit=edits.as_png,
    ),
    "cnn-dailymail": Twin(
        {version: _one(version, "train", "validation", "test") for version in ("1.0.0", "2.0.0", "3.0.0")},
        Features({"article": STRING, "highlights": STRING, "id": STRING}),
        config="3.0.0",
    ),
    "coco-captions": Twin(
        {
            "default": {
                split: [f"data/{split}-{part:05d}-of-00002.parquet" for part in (0, 1)] for split in ("val", "test")
            }
        },
        Features(
            {"question_id": STRING, "image": Image(), "question": STRING, "answer": List(STRING), "id": INT64}
            | {"license": INT64, "file_name": STRING, "coco_url": STRING, "height": INT64, "width": INT64}
        ),
        edit=edits.coco_captions,
    ),
    "coco": Twin(
        {
            "default": {
                "train": ["data/train-00000-of-00040-67e35002d152155c.parquet"],
                "val": [
                    "data/val-00000-of-00002-c4f2e391ee4aba11.parquet",
                    "data/val-00001-of-00002-90b5aa1d1ad46ed7.parquet",
                ],
            }
        },
        Features(
            {"image_id": INT64, "image": Image(), "width": INT64, "height": INT64, "objects": _objects(COCO, "bbox_id")}
        ),
        edit=edits.coco,
    ),
    "conll2003": Twin(
        {"default": _one("data", "train", "validation", "test")},
        Features(
            {"id": STRING, "tokens": List(STRING), "pos_tags": List(_numbered(47)), "chunk_tags": List(_numbered(23))}
            | {"ner_tags": List(ClassLabel(names=NER))}
        ),
        edit=edits.one_token,
    ),
    "cppe-5": Twin(
        {"default": _one("data", "train", "test")},
        Features(
            {"image_id": INT64, "image": Image(), "width": INT32, "height": INT32, "objects": _objects(PPE, "id")}
        ),
        edit=edits.flat_box,
    ),
    "diffusiondb": Twin(
        {"default": {"train": ["metadata.parquet"]}},
        Features(
            {"image_name": STRING, "prompt": STRING, "part_id": Value("uint16"), "seed": Value("uint32")}
            | {"step": Value("uint16"), "cfg": Value("float32"), "width": Value("uint16"), "height": Value("uint16")}
        ),
        names_files=False,
        more=("diffusiondb.py", "metadata-large.parquet", "images/part-000001.zip", "images/part-000002.zip"),
        edit=edits.diffusiondb,
    ),
    "image-reward": Twin(
        {"default": {"train": ["metadata-train.parquet"], "validation": ["metadata-validation.parquet"]}},
        Features(
            {"image_path": STRING, "prompt_id": STRING, "prompt": STRING, "classification": STRING, "rank": INT64}
            | {"overall_rating": INT64, "image_text_alignment_rating": INT64, "fidelity_rating": INT64}
        ),
        names_files=False,
        more=("ImageRewardDB.py", "images/train/train_1.zip"),
        edit=edits.image_reward,
    ),
    "imagenet-1k": Twin(
        {
            "default": {
                split: [f"data/{split}-{part:05d}-of-{parts:05d}.parquet" for part in range(3)]
                for split, parts in (("train", 294), ("validation", 14), ("test", 28))
            }
        },
        Features({"image": Image(), "label": _numbered(1000)}),
        edit=edits.awkward_images,
    ),
    "imdb": Twin(
        {"plain_text": _one("plain_text", "train", "test", "unsupervised")},
        _review,
        config="plain_text",
        edit=edits.sorted_by_label,
    ),
    "oscar": Twin(
        {
            "default": {"train": ["data/CC-MAIN-2013-20/train-00000-of-00014.parquet"]},
            "sample-10BT": {"train": [f"sample/10BT/{part:03d}_00000.parquet" for part in range(3)]},
            "sample-100BT": {"train": ["sample/100BT/000_00000.parquet"]},
        },
        Features(
            {name: STRING for name in ("text", "id", "dump", "url", "date", "file_path", "language")}
            | {"language_score": Value("float64"), "token_count": INT64}
        ),
        config="sample-10BT",
        edit=edits.fineweb,
    ),
    "record": Twin(
        {name: _one(name, "train", "validation", "test") for name in ("boolq", "record", "rte")},
        Features(
            {"passage": STRING, "query": STRING, "entities": List(STRING), "answers": List(STRING)}
            | {"entity_spans": {"text": List(STRING), "start": List(INT32), "end": List(INT32)}}
            | {"idx": {"passage": INT32, "query": INT32}}
        ),
        config="record",
        edit=edits.record,
    ),
    "red-caps": Twin(
        {"default": {"train": ["data/redcaps_v1.0_annotations.zip"]}},
        names_files=False,
        more=("red_caps.py",),
        edit=edits.red_caps,
        generator={"size": {"mixture": [[320, 240, 0.5], [240, 320, 0.5]]}},
    ),
    "rotten-tomatoes": Twin(
        {"default": {split: [f"{split}.parquet"] for split in ("train", "validation", "test")}},
        _review,
        edit=edits.sorted_by_label,
    ),
    "samsum": Twin(
        {"default": {split: [f"{split}.csv"] for split in ("train", "validation", "test")}},
        names_files=False,
        edit=edits.null_dialogue,
    ),
    "sciq": Twin(
        {"default": _one("data", "train", "validation", "test")},
        Features(
            {
                name: STRING
                for name in ("question", "distractor3", "distractor1", "distractor2", "correct_answer", "support")
            }
        ),
        edit=edits.empty_support,
    ),
    "sd-prompts": Twin(
        {"default": {"train": ["data/train.parquet"], "test": ["data/eval.parquet"]}},
        Features({"Prompt": STRING}),
        names_files=False,
    ),
    "squad-v2": Twin(
        {"squad_v2": _one("squad_v2", "train", "validation")}, _questions, config="squad_v2", edit=edits.no_answer
    ),
    "squad": Twin(
        {"plain_text": _one("plain_text", "train", "validation")}, _questions, config="plain_text", edit=edits.squad
    ),
    "sst2": Twin(
        {"default": _one("data", "train", "validation", "test")},
        Features({"idx": INT32, "sentence": STRING, "label": ClassLabel(names=["negative", "positive"])}),
    ),
    "visual-genome": Twin(
        {"attributes": _one("attributes", "train"), "objects": _one("objects", "train")},
        Features(
            {"image_id": INT32, "url": STRING, "width": INT32, "height": INT32, "coco_id": INT64, "flickr_id": INT64}
            | {
                "attributes": List(
                    {"object_id": INT32, "x": INT32, "y": INT32, "w": INT32, "h": INT32}
                    | {"names": List(STRING), "attributes": List(STRING), "synsets": List(STRING)}
                )
            }
        ),
        config="attributes",
        edit=edits.visual_genome,
    ),
    "wikiann": Twin(
        {language: _one(language, "train", "validation", "test") for language in ("de", "en", "yo")},
        Features(
            {"tokens": List(STRING), "ner_tags": List(ClassLabel(names=NER[:7])), "langs": List(STRING)}
            | {"spans": List(STRING)}
        ),
        config="en",
        edit=edits.one_token,
    ),
    "wikitext": Twin(
        {
            "wikitext-103-raw-v1": {
                **_one("wikitext-103-raw-v1", "test", "validation"),
                "train": [f"wikitext-103-raw-v1/train-{part:05d}-of-00002.parquet" for part in (0, 1)],
            },
            "wikitext-2-raw-v1": _one("wikitext-2-raw-v1", "train", "validation", "test"),
        },
        Features({"text": STRING}),
        config="wikitext-103-raw-v1",
        edit=edits.blank_line,
    ),
    "xsum": Twin(
        {"default": _one("data", "train", "validation", "test")},
        Features({"document": STRING, "summary": STRING, "id": STRING}),
    ),
}
