"""Files of rows of one's own: every format gives its texts, and what is no row is a reason."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.own import group, header, lines, planned


def drawn(here: Path, name: str, content: bytes, **own: Any) -> Any:
    """The manifest and the rows of a file, by the programs that the rules run."""
    import fetch_from_hub
    import sample_dataset
    from support.samples import read_samples
    from wattlab.hub.requests import dataset_fetch, samples_receipt
    from wattlab.samples.places import manifest_of

    (here / name).write_bytes(content)
    (cell,) = planned(**group(datasets=f"./{name}"), local={f"./{name}": own} if own else {}).measured
    samples, results = cell.spec.samples, Path("results")
    receipt, manifest = samples_receipt(results, samples), manifest_of(results, samples)
    fetch = dataset_fetch(samples).model_dump_json()
    assert fetch_from_hub.main(["--kind", "dataset", "--spec", fetch, "--receipt", str(receipt)]) == 0
    given = ["--spec", samples.model_dump_json(), "--manifest", str(manifest), "--receipt", str(receipt)]
    assert sample_dataset.main(given) == 0
    return read_samples(manifest)


def parquet(rows: list[dict[str, Any]]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return bytes(sink.getvalue().to_pybytes())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.csv", b'text,label\n"one, two",1\n7,0\n'),
        ("rows.jsonl", lines([{"text": "one, two", "label": 1}, {"text": 7, "label": 0}]).encode()),
        ("rows.jsonl", b"\xef\xbb\xbf" + lines([{"text": "one, two", "label": 1}, {"text": 7, "label": 0}]).encode()),
        ("rows.csv", b'\xef\xbb\xbftext,label\r\n"one, two",1\r\n7,0\r\n'),
        ("rows.parquet", parquet([{"text": "one, two", "label": 1}, {"text": "7", "label": 0}])),
    ],
)
def test_every_format_gives_texts(here: Path, name: str, content: bytes) -> None:
    manifest, rows = drawn(here, name, content, fields={"label": "label"}, labels=["no", "yes"])
    assert manifest.status == "complete", manifest.reason
    assert (manifest.n_rows, manifest.label_names) == (2, {"label": ["no", "yes"]})
    assert {row["text"] for row in rows} == {"one, two", "7"}
    assert all(isinstance(row["text"], str) for row in rows)


@pytest.mark.parametrize(
    "texts", [["007", "012"], ["true", "false"], ["2020-01-01 10:00:00", "2020-02-01"], ["10:20:30", "1e3"]]
)
def test_texts_of_a_csv_file_are_as_they_stand(here: Path, texts: list[str]) -> None:
    _, rows = drawn(here, "rows.csv", "\n".join(["text", *texts, ""]).encode())
    assert [row["text"] for row in rows[:2]] == texts


@pytest.mark.parametrize(
    ("label", "said"),
    [("123456789012345678901234567890", "hold what none has"), ('"no"}\n{"text": "one", "label": 1', "mix types")],
)
def test_labels_that_no_column_holds_are_a_reason(here: Path, label: str, said: str) -> None:
    content = f'{{"text": "one", "label": {label}}}\n'.encode()
    manifest, _ = drawn(here, "rows.jsonl", content, labels=["no", "yes"])
    assert manifest.status == "unavailable" and said in str(manifest.reason)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("config.json", b"[]", "its config.json is no JSON that can be read: it is no JSON object"),
        ("config.json", b"3", "it is no JSON object"),
        (
            "config.json",
            b'\xef\xbb\xbf{"model_type": "bert"}',
            "its config.json is no JSON that can be read: Unexpected UTF-8 BOM",
        ),
        ("config.json", b'{"model_type": ["x"]}', r"its model_type ['x'] is not in transformers"),
        ("config.json", b'{"model_type": "bert", "id2label": 5}', "its config.json is not one that transformers"),
        ("tokenizer.json", b"[" * 100_000, "its tokenizer.json is no JSON that can be read"),
        ("model.safetensors", header(b'{"a": {"data_offsets": [0]}}'), "its header can not be read"),
        ("model.safetensors", header(b'{"a": {"data_offsets": [0, "yy"]}}'), "its header can not be read"),
        ("model.safetensors", header(b"[" * 100_000), "its header can not be read"),
    ],
)
def test_a_file_of_another_shape_is_a_reason_and_a_remedy(here: Path, file: str, content: bytes, said: str) -> None:
    from wattlab.hub.local_receipts import receipt_of
    from wattlab.hub.requests import model_fetch

    (here / "mine" / file).write_bytes(content)
    receipt = receipt_of(model_fetch(planned().measured[0]), None, here / "results")
    assert receipt.status == "unavailable" and said in str(receipt.reason), receipt.reason
    assert str(here) not in f"{receipt.reason} {receipt.remedy}" and "commit" not in str(receipt.remedy)


def test_named_classes_are_those_of_the_column_label(here: Path) -> None:
    manifest, rows = drawn(here, "rows.jsonl", lines([{"text": "one", "label": 1}]).encode(), labels=["no", "yes"])
    assert manifest.label_names == {"label": ["no", "yes"]} and rows[0] == {"label": 1, "text": "one"}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("rows.csv", b"text\n\xff\xfe\n", "rows.csv can not be read"),
        ("rows.csv", b"text,text\none,two\n", "several of its columns are called 'text'"),
        ("rows.csv", b"said\none\n", "rows.csv has no column text; allowed: said"),
        (
            "rows.csv",
            b"\xef\xbb\xbfsaid;text\r\na;b\r\n",
            "rows.csv can not be read: ValueError: its columns are separated by ';'; save",
        ),
        ("rows.jsonl", b"", "rows.jsonl has no"),
        ("rows.jsonl", lines([{"text": None}]).encode(), "its text is null"),
        ("rows.parquet", b"PAR1", "rows.parquet can not be read"),
        ("rows.jsonl", lines([{"text": [{"role": "user", "content": "Why?"}]}]).encode(), "its text is a list"),
        ("rows.jsonl", lines([{"text": {"role": "user"}}]).encode(), "its text is a dict"),
        ("rows.parquet", parquet([{"text": ["one", "two"]}]), "its text is a list"),
        ("rows.jsonl", b'{"text": NaN}\n', "its text is NaN"),
        ("rows.jsonl", b'{"text": "\\ud83d"}\n', "hold what none has"),
        ("rows.jsonl", b'{"text": ' + b"[" * 100_000 + b"\n", "rows.jsonl can not be read"),
    ],
)
def test_rows_that_are_none_are_a_reason_and_a_remedy(here: Path, name: str, content: bytes, said: str) -> None:
    manifest, _ = drawn(here, name, content)
    assert manifest.status == "unavailable" and said in manifest.reason, manifest.reason
    assert "mend the file, or name its columns in the study" in manifest.remedy
