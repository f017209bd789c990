"""Look whether what lies here can be released, and say what a person does then: `make release-check`.

A line for each thing that must hold; the exit code is 1 where one does not.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

RELEASED_AT = {"SOURCE_DATE_EPOCH": "1764000000"}  # the one time that packages hold
NEXT = """\
All of it holds. What a person does now, in this order:
  .ci/run                                            # green, on this very commit
  git tag -a v{version} -m "edgedns-mcp {version}" && git push origin v{version}
  python -m hatchling build && twine upload dist/*   # PyPI first: all others install from there
  mcp-publisher publish                              # server.json, to the MCP registry
  sh scripts/bundle.sh                               # dist/edgedns-mcp.mcpb, for the release's page
  docker build -f deploy/Dockerfile -t edgedns-mcp:{version} ."""


def main() -> int:
    root = Path(__file__).parent.parent
    version = version_of(root)
    wrong = 0
    for what, check in CHECKS.items():
        found = check(root, version)
        wrong += bool(found)
        print(f"{'no ' if found else 'yes'}  {what}{found and ': ' + found}", flush=True)
    print(f"\n{wrong} of {len(CHECKS)} do not hold." if wrong else "\n" + NEXT.format(version=version))
    return 1 if wrong else 0


def version_of(root: Path) -> str:
    """Give the version, from the one place that has it."""
    text = (root / "src/edgedns_mcp/__init__.py").read_text(encoding="utf-8")
    return re.findall(r'(?m)^__version__ = "(.*)"$', text)[0]


def tree(root: Path, version: str) -> str:
    """Look for changes that are not committed."""
    del version
    changed = _git(root, "status", "--porcelain").splitlines()
    return f"commit or undo what git status lists ({len(changed)} files)" if changed else ""


def tag(root: Path, version: str) -> str:
    """Look whether this version was released before."""
    return (
        f"v{version} is a tag already; set __version__ to the next one"
        if _git(root, "tag", "-l", f"v{version}")
        else ""
    )


def changelog(root: Path, version: str) -> str:
    """Look for the section of this version, with a date and nothing left unreleased."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    if not re.search(rf"(?m)^## {re.escape(version)} - \d{{4}}-\d\d-\d\d$", text):
        return f"give CHANGELOG.md a section `## {version} - YYYY-MM-DD`"
    unreleased = re.search(r"(?ms)^## Unreleased$(.*?)(?=^## |\Z)", text)
    return (
        "move what is under Unreleased into the section of this version" if unreleased and unreleased[1].strip() else ""
    )


def descriptions(root: Path, version: str) -> str:
    """Look whether every description names this version."""
    files = [root / "server.json", *sorted((root / "packaging").rglob("*.json"))]
    other = [file for file in files if set(_versions(json.loads(file.read_text(encoding="utf-8")))) - {version}]
    return f"set the version to {version} in {_names(root, other)}" if other else ""


def places(root: Path, version: str) -> str:
    """Look for paths of this machine in what is committed."""
    del version
    mine = [str(path).encode() for path in (root.resolve(), Path.home()) if len(path.parts) > 2]  # noqa: PLR2004 - not /root
    files = [root / name for name in _git(root, "ls-files").splitlines()]
    found = [file for file in files if file.is_file() and any(path in file.read_bytes() for path in mine)]
    return f"take the path of this machine out of {_names(root, found)}" if found else ""


def lock(root: Path, version: str) -> str:
    """Look whether every dependency is pinned with its digests."""
    del version
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = (root / "requirements.lock").read_text(encoding="utf-8")
    wanted = [re.split(r"[^\w.-]", one, maxsplit=1)[0] for one in project["dependencies"]]
    missing = [
        name for name in wanted if not re.search(rf"(?m)^{re.escape(name)}==\S+.* \\\n    --hash=sha256:", pinned)
    ]
    return f"run make lock: {', '.join(missing)} is not pinned" if missing else ""


def builds(root: Path, version: str) -> str:
    """Build wheel and sources twice, and look whether they are the same to the byte, and of this version."""
    made = [_built(root) for _ in range(2)]
    if made[0] != made[1]:
        return "two builds differ; look for what depends on the time or the place"
    expected = {f"edgedns_mcp-{version}-py3-none-any.whl", f"edgedns_mcp-{version}.tar.gz"}
    return "" if set(made[0]) == expected else f"{', '.join(made[0])} were built, not {', '.join(sorted(expected))}"


def _versions(description: Mapping[str, Any]) -> Iterator[str]:
    for one in (description, *description.get("packages", ())):
        if "version" in one:
            yield one["version"]


def _names(root: Path, files: Sequence[Path]) -> str:
    return ", ".join(file.relative_to(root).as_posix() for file in files)


def _built(root: Path) -> Mapping[str, str]:
    with TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "hatchling", "build", "--directory", folder]
        subprocess.run(words, cwd=root, env=os.environ | RELEASED_AT, check=True, capture_output=True)
        return {file.name: sha256(file.read_bytes()).hexdigest() for file in sorted(Path(folder).iterdir())}


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, encoding="utf-8").stdout


CHECKS: Mapping[str, Callable[[Path, str], str]] = {
    "everything is committed": tree,
    "this version was not released before": tag,
    "the changelog tells of it, with its date": changelog,
    "every description names it": descriptions,
    "no committed file names a place of this machine": places,
    "every dependency is pinned by its digests": lock,
    "two builds are the same to the byte": builds,
}

if __name__ == "__main__":
    sys.exit(main())
