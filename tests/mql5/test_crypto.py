"""The boxes of the Expert Advisor beside libsodium's."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from nacl.bindings import crypto_box, crypto_scalarmult_base

ROOT = Path(__file__).parents[2]
MAIN = """
#include "shim.hpp"
static MqlArray<uchar> bytes_of(const std::string &text) {
  MqlArray<uchar> made;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    made.items().push_back((uchar)std::stoi(text.substr(i, 2), nullptr, 16));
  return made;
}
static void show(const MqlArray<uchar> &bytes) {
  for (uchar one : bytes.items()) std::printf("%02x", one);
  std::printf("\\n");
}
int main() {
  std::string secret, theirs, nonce, plain;
  while (std::cin >> secret >> theirs >> nonce >> plain) {
    MqlArray<uchar> key, box, back, mine;
    MqlArray<uchar> one = bytes_of(secret), two = bytes_of(theirs), n = bytes_of(nonce);
    MqlArray<uchar> text = bytes_of(plain.substr(1));
    NaclPublic(mine, one);
    NaclShared(key, two, one);
    NaclSeal(box, text, n, key);
    bool opened = NaclOpen(back, box, n, key) && back.items() == text.items();
    box[box.items().size() / 2] ^= 1;
    bool forged = NaclOpen(back, box, n, key);
    box[box.items().size() / 2] ^= 1;
    std::printf("%d%d ", opened, forged);
    show(mine);
    show(box);
  }
}
"""

pytestmark = pytest.mark.skipif(
    shutil.which("g++") is None or sys.platform != "linux", reason="no g++ here"
)


def test_sixty_random_boxes_are_those_of_libsodium(tmp_path):
    """Every length around a block, and a forged byte is never opened."""
    made = subprocess.run(
        [sys.executable, "-c", TRANSLATE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    source = MAIN.replace("static MqlArray", f"{made.stdout}\nstatic MqlArray", 1)
    (tmp_path / "box.cpp").write_text(source)
    flags = ["-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", "-Wno-deprecated-declarations"]
    sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    subprocess.run(
        ["g++", *flags, *sanitizers, "-I", ROOT / "tests/mql5", "-o", "box", "box.cpp"],
        cwd=tmp_path,
        check=True,
    )
    chance = random.Random(5)  # noqa: S311 - a test
    lines, expected = [], []
    for _ in range(60):
        secret, other, nonce = (chance.randbytes(size) for size in (32, 32, 24))
        theirs = crypto_scalarmult_base(other)
        plain = chance.randbytes(chance.choice([0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 900]))
        lines.append(f"{secret.hex()} {theirs.hex()} {nonce.hex()} x{plain.hex()}")
        expected += [
            f"10 {crypto_scalarmult_base(secret).hex()}",
            crypto_box(plain, nonce, theirs, secret).hex(),
        ]
    done = subprocess.run(
        [tmp_path / "box"], input="\n".join(lines), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\n")[:-1] == expected


TRANSLATE = """
import sys
sys.path.insert(0, "tests/mql5")
from pathlib import Path
from translate import translated
print(translated(Path("mql5/fxpaper/nacl.mqh")))
"""
