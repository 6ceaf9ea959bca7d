"""Keys of encrypted lines: the daemon's own, and those of the terminals that may connect.

Both kinds are Curve25519 pairs in ZeroMQ's text form, 40 characters. The daemon's stand in
``metatrader/server.json``, readable by its owner only; ``metatrader/terminals.json`` lists the
public keys of terminals with the account that each is bound to. A terminal's secret key is shown
once, to be pasted into the Expert Advisor, and kept nowhere.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import zmq

from fxpaper.errors import ConfigurationError
from fxpaper.whole_file import replace_whole

FOLDER = "metatrader"


class ServerKeys(msgspec.Struct, frozen=True):
    """The daemon's pair.

    Args:
        public: known to every terminal.
        secret: known to nobody else.
    """

    public: str
    secret: str


class Terminal(msgspec.Struct, frozen=True):
    """A terminal that may connect.

    Args:
        name: given by a person.
        public: its public key.
        login: the account it is bound to, or None for any.
    """

    name: str
    public: str
    login: str | None = None


class NewTerminal(msgspec.Struct, frozen=True):
    """What has to be pasted into an Expert Advisor.

    Args:
        name: given by a person.
        secret: of the terminal.
        public: of the terminal.
        server: the daemon's public key.
    """

    name: str
    secret: str
    public: str
    server: str


def server_keys(data_dir: Path) -> ServerKeys | None:
    """Return the daemon's pair, or None when none was made.

    Raises:
        ConfigurationError: the file is damaged.
    """
    path = data_dir / FOLDER / "server.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=ServerKeys)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise ConfigurationError(
            f"{path} cannot be read ({problem}). Delete the folder and run fxpaper keygen again; "
            "every terminal then needs its new keys."
        ) from None


def terminals(data_dir: Path) -> list[Terminal]:
    """Return the terminals that may connect.

    Raises:
        ConfigurationError: the file is damaged.
    """
    path = data_dir / FOLDER / "terminals.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Terminal])
    except FileNotFoundError:
        return []
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise ConfigurationError(f"{path} cannot be read ({problem}).") from None


def make_keys(data_dir: Path, name: str, login: str | None) -> NewTerminal:
    """Make a pair for a terminal, and the daemon's own where there is none.

    Raises:
        ConfigurationError: there is a terminal of that name, or a file cannot be written.
    """
    known = terminals(data_dir)
    if any(one.name == name for one in known):
        raise ConfigurationError(
            f'There is a terminal "{name}" already; choose another name, or forget it with '
            f"fxpaper keygen {name} --forget."
        )
    server = server_keys(data_dir)
    if server is None:
        server = ServerKeys(*_pair())
        _write(data_dir / FOLDER / "server.json", msgspec.json.encode(server))
    public, secret = _pair()
    _keep(data_dir, [*known, Terminal(name, public, login)])
    return NewTerminal(name, secret, public, server.public)


def forget_keys(data_dir: Path, name: str) -> bool:
    """Take a terminal off the list; tells whether it was there.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    known = terminals(data_dir)
    kept = [one for one in known if one.name != name]
    if len(kept) == len(known):
        return False
    _keep(data_dir, kept)
    return True


def _pair() -> tuple[str, str]:
    public, secret = zmq.curve_keypair()
    return public.decode(), secret.decode()


def _keep(data_dir: Path, known: list[Terminal]) -> None:
    _write(data_dir / FOLDER / "terminals.json", msgspec.json.encode(known))


def _write(path: Path, body: bytes) -> None:
    """Replace a file that only its owner may read."""

    def write(beside: Path) -> None:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_whole(path, write)
    except OSError as problem:
        raise ConfigurationError(f"{path} cannot be written: {problem.strerror}.") from None
