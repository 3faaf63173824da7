"""Pictures of every page, light and dark, wide and narrow: `python -m tests.screenshots FOLDER`.

`--only WORD` takes the pages with a word in their name, `--language de` asks for them in another language.
"""

import argparse
import re
import tempfile
from pathlib import Path

from tests.viewer import THEMES, WIDTHS, a_viewer
from tests.world import visits


def take_screenshots(folder: Path, wanted: str = "", language: str = "en") -> int:
    """Write a picture of each page in each theme and width whose name has the wanted words; return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with tempfile.TemporaryDirectory() as instance, a_viewer(Path(instance), language) as viewer:
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", metavar="WORD")
    parser.add_argument("--language", default="en")
    given = parser.parse_args()
    print(take_screenshots(given.folder, given.only, given.language), "pictures")
