"""Start the mock hub by hand, over folders: `python -m mock_hub --folder F`, with F/{models,datasets}/{owner}/{name}/…."""

import argparse
import threading
from pathlib import Path

from support.mock_hub import MockHub, Repo


def _repos(folder: Path) -> dict[str, Repo]:
    return {
        f"{repo.parent.name}/{repo.name}": Repo(
            {file.relative_to(repo).as_posix(): file for file in repo.rglob("*") if file.is_file()}
        )
        for repo in folder.glob("*/*")
    }


def main() -> None:
    """Print the endpoint and serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    with MockHub(
        _repos(arguments.folder / "models"), _repos(arguments.folder / "datasets"), port=arguments.port
    ) as hub:
        print(hub.endpoint, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
