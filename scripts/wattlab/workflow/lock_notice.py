"""What to do where a killed Snakemake left its lock."""

from pathlib import Path


def lock_notice(locks: Path) -> str | None:
    """What to do about a lock of Snakemake's that lies there; null without one."""
    if not locks.is_dir() or not any(locks.iterdir()):
        return None
    return (
        f"{locks.as_posix()}: this folder is locked. If no other snakemake runs here, one was killed: `make unlock` takes "
        "its lock away; then call again. Every finished repeat is kept."
    )
