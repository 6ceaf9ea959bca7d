"""Runs fxpaper and writes down, in the file named first, every connection that Python makes."""

from __future__ import annotations

import sys

WATCHED = {
    *("socket.connect", "socket.sendto", "socket.sendmsg"),
    *("socket.getaddrinfo", "socket.gethostbyname", "subprocess.Popen", "os.system"),
}

if __name__ == "__main__":
    record = open(sys.argv.pop(1), "a", buffering=1, encoding="utf-8")  # noqa: PTH123, SIM115

    def note(event: str, given: tuple[object, ...]) -> None:
        """Write an event down; Python calls this for every one."""
        if event in WATCHED:
            record.write(f"{event} {given}\n")

    sys.addaudithook(note)
    from fxpaper.cli import app

    app()
