"""Write what tests only compare: the published face of each tool, and the generated tables of the docs."""

import asyncio
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from generated import README, REMOTE, SCHEMAS, readme_with_tables, remote_page, tool_faces  # noqa: E402 - the path is set above


def main() -> None:
    for name, face in asyncio.run(tool_faces()).items():
        (SCHEMAS / f"{name}.json").write_text(json.dumps(face, indent=2) + "\n", encoding="utf-8")
    README.write_text(asyncio.run(readme_with_tables()), encoding="utf-8")
    REMOTE.write_text(remote_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
