"""Write ``released/NNNN.sql``, a ledger of the present schema; once for each, never again."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from fxpaper.ledger.ledger import Ledger
from fxpaper.ledger.schema import SCHEMA
from tests.ledger import samples


def main() -> None:
    target = Path(__file__).parent / "released" / f"{SCHEMA:04}.sql"
    if target.exists():
        sys.exit(f"{target} exists; what was released does not change.")
    with TemporaryDirectory() as directory:
        path = Path(directory) / "ledger.db"
        ledger = Ledger(path, new_epoch=lambda: "b81f")
        ledger.open()
        ledger.commit(samples.day())
        ledger.close()
        with closing(sqlite3.connect(path)) as connection:
            target.write_text("\n".join(connection.iterdump()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
