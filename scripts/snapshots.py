"""Write what tests only compare: the published face of each tool, and what documents show of the product."""

import asyncio
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from pages import documents, filled  # noqa: E402 - the path is set above
from pages.faces_of_tools import SCHEMAS, published  # noqa: E402


def main() -> None:
    for name, face in asyncio.run(published()).items():
        (SCHEMAS / f"{name}.json").write_text(json.dumps(face, indent=2) + "\n", encoding="utf-8")
    for path in documents():
        text = path.read_text(encoding="utf-8")
        path.write_text(asyncio.run(filled(text)), encoding="utf-8")


if __name__ == "__main__":
    main()
