"""From a worker's log to one reason."""

import pytest

from wattlab.foundation.verbs import DISK_FULL_EXIT
from wattlab.runs.deaths import death_of, last_words

CUDA = """loading
Traceback (most recent call last):
  File "worker.py", line 1, in <module>
    main()
    ^^^^^^
torch.AcceleratorError: CUDA error: device-side assert triggered
Search for `cudaErrorAssert' in https://docs.nvidia.com/cuda/ for more information.
CUDA kernel errors might be asynchronously reported at some other API call.
Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.

/usr/lib/python3.11/multiprocessing/resource_tracker.py:224: UserWarning: leaked semaphore objects
""".splitlines()


def test_the_exception_is_told_and_not_what_follows_it() -> None:
    assert last_words(CUDA) == "torch.AcceleratorError: CUDA error: device-side assert triggered"


def test_of_a_chain_of_exceptions_the_last_one_is_told() -> None:
    log = [
        "Traceback (most recent call last):",
        "  a",
        "KeyError: 1",
        "",
        "During handling of the above exception:",
        "",
    ]
    assert (
        last_words([*log, "Traceback (most recent call last):", "  b", "OSError: no weights"]) == "OSError: no weights"
    )


def test_without_a_traceback_the_last_line_counts() -> None:
    assert last_words(["a warning", "error: no such row", ""]) == "no such row"
    assert last_words(["", " "]) is None


@pytest.mark.parametrize(
    ("words", "place", "remedy"),
    [
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.", "device", "free the GPU"),
        ("torch.AcceleratorError: CUDA error: out of memory", "device", "free the GPU"),
        ("MemoryError", "host", "give it more"),
        (
            "RuntimeError: [enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory: you "
            "tried to allocate 80000000000000 bytes. Error code 12 (Cannot allocate memory)",
            "host",
            "give it more",
        ),
    ],
)
def test_memory_that_lacks_is_told_by_its_place(words: str, place: str, remedy: str) -> None:
    death = death_of(1, [words])
    assert death.reason == f"out of memory on the {place}: {words}"
    assert death.remedy.startswith(remedy)


def test_long_words_end_with_a_sentence() -> None:
    death = death_of(1, ["OSError: " + "one sentence of words. " * 40])
    assert len(death.reason) < 301
    assert death.reason.endswith("one sentence of words.")


def test_a_full_disk_is_told_by_the_exit_code_alone() -> None:
    assert death_of(DISK_FULL_EXIT, []).reason == "no space was left on the disk"
