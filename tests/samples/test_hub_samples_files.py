"""Formats of the hub's files: what each reads, and what of them is no sample."""

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from support.hub_datasets import add, json_lines_gz, parquet, refusal, sampled, spec_of_hub, talk_to, texts
from support.mock_hub import MockHub
from wattlab.catalog.facts import ArchiveMember
from wattlab.samples.from_hub.files import open_rows


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MockHub]:
    with MockHub(datasets={}) as hub:
        talk_to(hub, tmp_path / "cache", monkeypatch)
        yield hub


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return bytes(sink.getvalue().to_pybytes())


LINES = b'{"text": "row0", "label": 0}\n\n{"text": "row1", "label": 1}\n{"text": "row2", "label": 0}'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.parquet", parquet(texts(3), row_group_size=2)),
        ("a.jsonl", LINES),
        ("a.json", LINES),
        ("a.json", json.dumps(texts(3)).encode()),
        ("a.json.gz", json_lines_gz(texts(3))),
        ("a.jsonl.zst", zstd(LINES)),
        ("a.csv", b'text,label\nrow0,0\n"row1",1\nrow2,0\n'),
    ],
)
def test_every_format_gives_rows_by_their_number(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    rows = open_rows(name, tmp_path / name, None)
    assert (rows.n_rows(), list(rows.places()), rows.columns()) == (3, [0, 1, 2], ["text", "label"])
    assert list(rows.rows([0, 2], ["text"])) == [{"text": "row0"}, {"text": "row2"}]
    assert rows.places_where({"label": 0}) == [0, 2]


def test_the_head_of_a_compressed_file_is_read_without_its_end(hub: MockHub, tmp_path: Path) -> None:
    # Two members; the first is longer than what is read ahead.
    broken = json_lines_gz(texts(3) + texts(30_000, "further")) + b"no gzip member"
    add(hub, "allenai/c4", {"en/c4-train.00000-of-01024.json.gz": broken})
    spec = spec_of_hub("c4", 3, selection="first")
    assert [row["text"] for row in sampled(spec, tmp_path)[1]] == ["row0", "row1", "row2"]
    said = refusal(sampled(spec_of_hub("c4", 30_004, selection="first"), tmp_path)[0])
    assert "c4-train.00000-of-01024.json.gz can not be read: OSError: zlib inflate failed" in said


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.parquet", b"PAR1 is not enough", "a.parquet can not be read: ArrowInvalid"),
        ("a.jsonl", b'{"text": "row0", "label": 0}\n{"text": ', "a.jsonl can not be read: JSONDecodeError"),
        ("a.jsonl", b'{"text": "row0", "label": 0}\n[1]\n', "a row is no JSON object but '[1]'"),
        ("a.tar", b"anything", "a.tar is of no format that is read here"),
    ],
)
def test_content_that_is_not_of_its_format_is_a_refusal(
    hub: MockHub, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    add(hub, "stanfordnlp/imdb", {name: content})
    assert said in refusal(sampled(spec_of_hub("imdb", files=[name]), tmp_path)[0])


def test_a_null_dialogue_is_dropped_and_a_text_may_say_null(hub: MockHub, tmp_path: Path) -> None:
    # SAMSum's copy is a CSV file with line breaks inside dialogues and one row without any.
    rows = ['1,"Ann: hi\r\nBob: NA",greeting', "2,,nothing", "3,null,NA", '4,"Cy: ""no""",refusal']
    add(hub, "knkarthick/samsum", {"train.csv": ("id,dialogue,summary\r\n" + "\r\n".join(rows) + "\r\n").encode()})
    manifest, found = sampled(spec_of_hub("samsum", 4, selection="first"), tmp_path)
    assert [(row["dialogue"], row["summary"]) for row in found[:3]] == [
        ("Ann: hi\r\nBob: NA", "greeting"),
        ("null", "NA"),
        ('Cy: "no"', "refusal"),
    ]
    assert [(skipped.row_id, skipped.reason) for skipped in manifest.skipped] == [("train.csv:1", "its text is null")]
    assert (manifest.n_rows, manifest.cycled) == (3, True)
    assert sampled(spec_of_hub("samsum", 3), tmp_path)[0].row_ids == ["train.csv:0", "train.csv:2", "train.csv:3"]


def test_a_long_csv_file_may_break_lines_anywhere(tmp_path: Path) -> None:
    # Longer than the reader's block of 1 MiB.
    lines = [f'{n},"Ann: {n}\nBob: well\nAnn: {"so " * 20}",summary\n' for n in range(20_000)]
    (tmp_path / "a.csv").write_text("id,dialogue,summary\n" + "".join(lines))
    rows = open_rows("a.csv", tmp_path / "a.csv", None)
    assert rows.n_rows() == 20_000
    (last,) = rows.rows([19_999], ["dialogue"])
    assert last["dialogue"].startswith("Ann: 19999\nBob: well\n")


def test_an_empty_text_stays(hub: MockHub, tmp_path: Path) -> None:
    lines = ["", " = Heading = \n", " Text \n", ""]
    add(
        hub,
        "Salesforce/wikitext",
        {"wikitext-103-raw-v1/test-00000-of-00001.parquet": parquet([{"text": text} for text in lines])},
    )
    manifest, rows = sampled(spec_of_hub("wikitext", 4, selection="first"), tmp_path)
    assert [row["text"] for row in rows] == lines
    assert manifest.skipped == []


def test_first_takes_the_part_of_diffusiondb_that_the_paper_read(hub: MockHub, tmp_path: Path) -> None:
    rows = [{"prompt": f"prompt {n}", "part_id": 1 + n % 3, "step": n} for n in range(30)]
    add(
        hub,
        "poloclub/diffusiondb",
        {"metadata.parquet": parquet(rows, row_group_size=7), "diffusiondb.py": b"", "images/part-1.zip": b"x"},
    )
    manifest, found = sampled(spec_of_hub("diffusiondb", 5, selection="first"), tmp_path)
    assert found == [{"prompt": f"prompt {n}"} for n in (0, 3, 6, 9, 12)]
    assert manifest.notes == ["The first rows with part_id = 1 in the order of the files."]
    assert hub.downloaded("poloclub/diffusiondb") == {"metadata.parquet"}
    seeded = sampled(spec_of_hub("diffusiondb", 20), tmp_path)[0]
    assert len({int(str(row_id).rpartition(":")[2]) % 3 for row_id in seeded.row_ids}) == 3
    spec = spec_of_hub("diffusiondb", 5, selection="first", first_where={"part": 1})
    assert "has no column part; did you mean 'part_id' or 'prompt'? -> correct `hub.first_where`" in refusal(
        sampled(spec, tmp_path)[0]
    )


def test_a_missing_column_is_told_with_those_there_are(hub: MockHub, tmp_path: Path) -> None:
    add(hub, "Gustavosta/Stable-Diffusion-Prompts", {"data/eval.parquet": parquet([{"prompt": "a cat"}])})
    said = refusal(sampled(spec_of_hub("sd-prompts"), tmp_path)[0])
    assert "has no column Prompt; did you mean 'prompt'?" in said
    assert "correct `fields` or `hub.columns` in catalog/datasets/sd-prompts.yaml" in said


def test_numbers_of_json_have_one_type_and_other_mixtures_are_a_refusal(hub: MockHub, tmp_path: Path) -> None:
    add(
        hub,
        "stanfordnlp/imdb",
        {"a.jsonl": b'{"text": "a", "label": 1}\n{"text": "b", "label": 1.5}\n{"text": 3, "label": 0}'},
    )
    rows = sampled(spec_of_hub("imdb", 2, selection="first", files=["a.jsonl"]), tmp_path)[1]
    assert [repr(row["label"]) for row in rows] == ["1.0", "1.5"]
    said = refusal(sampled(spec_of_hub("imdb", 3, selection="first", files=["a.jsonl"]), tmp_path)[0])
    assert "rows of stanfordnlp/imdb mix types in a column" in said


def test_rows_inside_an_archive(tmp_path: Path) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(
            "annotations/roses_2020.json", json.dumps({"info": {}, "annotations": [{"url": "u", "caption": "c"}]})
        )
    (tmp_path / "a.zip").write_bytes(sink.getvalue())
    where = ArchiveMember(member="annotations/roses_2020.json", rows="annotations")
    assert list(open_rows("a.zip", tmp_path / "a.zip", where).rows([0], ["url"])) == [{"url": "u"}]
    for changed, said in (
        ({"member": "annotations/rose_2020.json"}, "holds no annotations/rose_2020.json; did you mean"),
        ({"rows": "rows"}, "has no list rows"),
    ):
        with pytest.raises(Exception, match=said):
            open_rows("a.zip", tmp_path / "a.zip", where.model_copy(update=changed))
    (tmp_path / "b.zip").write_bytes(gzip.compress(b"no archive"))
    with pytest.raises(Exception, match="b.zip can not be read: BadZipFile"):
        open_rows("b.zip", tmp_path / "b.zip", where)
