"""MQL5 to C++, line by line, so that errors and coverage name the lines of the original.

Only the little that differs is changed: properties go, inputs become variables that the environment
may set, array parameters and members become ``MqlArray``, texts become UTF-16, and includes of our
own files are put in their place.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

_TOKENS = re.compile(r"""'(?:\\.|[^'\\])+'|"(?:\\.|[^"\\])*"|//.*$""")
_INPUT = re.compile(r"^\s*input\s+(\w+)\s+(\w+)\s*=\s*(.+?);")
_PARAMETER = re.compile(r"\b(const\s+)?(\w+)\s*&\s*(\w+)\[\]")
_ARRAY = re.compile(r"^(\s*)(\w+)(\s+)(\w+)\[\];")
_INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"')


def translated(path: Path) -> str:
    """Return the C++ of an MQL5 file and of what it includes."""
    made = [f'#line 1 "{path}"']
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        include = _INCLUDE.match(line)
        if include:
            made += [translated(path.parent / include[1]), f'#line {number + 1} "{path}"']
        elif line.lstrip().startswith("#property"):
            made.append("")
        else:
            made.append(_line(line))
    return "\n".join(made)


def _line(line: str) -> str:
    given = _INPUT.match(line)
    if given:
        kind, name, value = given[1], given[2], _texts(given[3])
        return f'{kind} {name} = ShimInput<{kind}>("{name}", {value});'
    line = _PARAMETER.sub(lambda m: f"{m[1] or ''}MqlArray<{m[2]}> &{m[3]}", line)
    line = _ARRAY.sub(r"\1MqlArray<\2>\3\4;", line)
    return _texts(line)


def _texts(line: str) -> str:
    return _TOKENS.sub(lambda m: f"string(u{m[0]})" if m[0].startswith('"') else m[0], line)


if __name__ == "__main__":
    print('#include "shim.hpp"')
    print(translated(Path(sys.argv[1])))
    print('#include "main.hpp"')
