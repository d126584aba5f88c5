"""The study files that come with the project: published designs to start from."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "presets"


def preset_names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def preset_text(name: str) -> str | None:
    """The TOML of a preset; None where there is none of that name."""
    return (FOLDER / f"{name}.toml").read_text(encoding="utf-8") if name in preset_names() else None
