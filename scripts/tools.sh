# Sourced by the other scripts: finds uv or installs it into .tools, and makes .venv current.
set -eu
cd "$(dirname "$0")/.."

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
        echo "Please run as root: $*" >&2; exit 1; fi
}

if command -v uv >/dev/null; then UV=uv; else
    UV=.tools/bin/uv
    if [ ! -x "$UV" ]; then
        command -v python3 >/dev/null || { as_root apt-get update -q; as_root apt-get install -qy python3 python3-venv; }
        if ! python3 -m venv .tools >/dev/null 2>&1; then
            rm -rf .tools
            echo "Installing python3-venv" >&2
            as_root apt-get update -q >/dev/null
            as_root apt-get install -qy python3-venv >/dev/null
            python3 -m venv .tools
        fi
        .tools/bin/python -m pip install -q --disable-pip-version-check uv
    fi
fi

[ -x .venv/bin/python ] || "$UV" venv -q .venv
"$UV" pip install -q --python .venv/bin/python -e . --group dev -c constraints.txt
