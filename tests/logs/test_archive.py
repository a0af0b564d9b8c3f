"""Logs in a folder, a tar or a zip read alike, and an archive that is none is one error."""

import io
import tarfile
import zipfile

import pytest

from support.small_logs import files_of, noise
from wattlab.foundation.errors import InputError
from wattlab.logs.archive import read_logs
from wattlab.logs.mapping import load_mapping


@pytest.mark.parametrize("kind", ["folder", "nested folder", "tar", "zip"])
def test_folders_and_archives_read_alike(kind, tmp_path, task_mapping):
    files = files_of()
    top = tmp_path / "logs"
    if kind in ("folder", "nested folder"):
        root = top if kind == "folder" else top / "co2-main"
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
    elif kind == "tar":
        with tarfile.open(top, "w:gz") as tar:
            for name, content in files.items():
                info = tarfile.TarInfo(f"./{name}")
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    else:
        with zipfile.ZipFile(top, "w") as opened:
            for name, content in files.items():
                opened.writestr(f"co2-main/{name}", content)
    assert read_logs(top, load_mapping(task_mapping)).files == files


def test_an_archive_that_is_none_is_one_error(tmp_path, task_mapping):
    (tmp_path / "logs.tar.gz").write_bytes(noise(b""))
    with pytest.raises(InputError, match="can not be read as a folder, .tar.gz or .zip") as error:
        read_logs(tmp_path / "logs.tar.gz", load_mapping(task_mapping))
    assert "\n" not in str(error.value)


def test_a_file_that_is_neither_archive_nor_log_is_one_error(tmp_path, task_mapping):
    (tmp_path / "README.md").write_text("# Logs\n")
    with pytest.raises(InputError, match=r"README.md: neither an archive \(.tar.gz, .zip\) nor a log that `windows` ="):
        read_logs(tmp_path / "README.md", load_mapping(task_mapping))


def test_an_archive_torn_in_the_middle_is_one_error(tmp_path, task_mapping):
    path = tmp_path / "logs.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files_of().items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] + noise(b"")[:50] + whole[len(whole) // 2 + 50 :])
    with pytest.raises(InputError, match="can not be read as a folder, .tar.gz or .zip"):
        read_logs(path, load_mapping(task_mapping))
