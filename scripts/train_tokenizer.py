"""Train a tokenizer of architecture mode. From its spec to one JSON file.

Where the text to learn from is missing, the file says so (`status: unavailable`, reason and remedy) and the job
succeeds: the cells that wait for the tokenizer take that status over.
"""

import os
from pathlib import Path
from typing import Annotated

from wattlab.foundation.errors import Unavailable, checked
from wattlab.foundation.files import write_json
from wattlab.foundation.verbs import tell, verb
from wattlab.models.tokenizers.file import TokenizerFile, save
from wattlab.models.tokenizers.training import train
from wattlab.runs.deaths import unavailable_by
from wattlab.study.cells import TokenizerSpec


def train_and_save(spec: TokenizerSpec, path: Path, hindrance: Unavailable | None = None) -> TokenizerFile:
    """Train the tokenizer of a spec and write it at `path`; `hindrance`: why there can be none."""
    try:
        if hindrance:
            raise hindrance
        return save(train(spec), spec, path)
    except Unavailable as error:
        missing = TokenizerFile(status="unavailable", reason=error.reason, remedy=error.remedy, spec=spec)
        write_json(path, missing.model_dump(mode="json"))
        return missing


@verb
def main(
    *,
    spec: Annotated[str, "tokenizer spec of a cell, as JSON"],
    output: Annotated[Path, "file to write"],
    died: Annotated[int | None, "do not train: write why not, from the exit status of the program that tried"] = None,
    log: Annotated[Path, "of that program"] = Path(os.devnull),
) -> None:
    """Train one tokenizer. All studies share it, so its spec is given and no study is named."""
    wanted = checked(TokenizerSpec, spec, "--spec", is_json=True)
    trained = train_and_save(wanted, output, unavailable_by(died, log))
    print(f"{wanted.name}: {trained.reason or f'{trained.vocab_size} tokens, {trained.tokens_per_word} per word'}")


if __name__ == "__main__":
    tell(main)
