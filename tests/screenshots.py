"""Pictures of every page, light and dark, wide and narrow: `python -m tests.screenshots FOLDER [WORDS IN THE NAME]`."""

import re
import sys
import tempfile
from pathlib import Path

from tests.viewer import THEMES, WIDTHS, a_viewer
from tests.world import visits


def take_screenshots(folder: Path, wanted: str = "") -> int:
    """Write a picture of each page in each theme and width whose name has the wanted words; return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with tempfile.TemporaryDirectory() as instance, a_viewer(Path(instance)) as viewer:
        for visit in visits():
            if wanted not in str(visit):
                continue
            name = re.sub(r"[^A-Za-z0-9.]+", "-", f"{visit.name} {visit.role} {visit.address.partition('/')[2]}").strip(
                "-"
            )
            page = viewer.open(visit)
            for width, size in WIDTHS.items():
                page.set_viewport_size(size)
                for theme in THEMES:
                    page.emulate_media(color_scheme=theme)
                    page.screenshot(path=folder / f"{name}.{width}.{theme}.png", full_page=True)
                    count += 1
    return count


if __name__ == "__main__":
    print(take_screenshots(Path(sys.argv[1]), " ".join(sys.argv[2:])), "pictures")
