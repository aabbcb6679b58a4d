"""`points profile-keys`: the keys under which members' profiles are sealed, and the exchange of the master key."""

from typing import Any

import typer

from engine.cli.asking import Deed, asked, done
from engine.cli.output import console, table
from engine.settings import load
from engine.store.sql import statement
from engine.trail import Entry

app = typer.Typer(help="The keys of members' profiles, and the exchange of their master key.", no_args_is_help=True)


@app.command("list")
def listed() -> None:
    """Show how many keys there are under which master key, by its name."""
    from engine.sealing import Masters

    settings = load()
    current = Masters.of(settings).current.name
    rows = asked(settings, lambda pool: pool.fetch(statement("count_keys")))
    table("Profile keys", ("master key", "in force", "keys"),
          [(r["wrapped_by"], "yes" if r["wrapped_by"] == current else "no", r["keys"]) for r in rows])  # fmt: skip


@app.command()
def rewrap() -> None:
    """Put every key under POINTS_PROFILE_KEY that is still under POINTS_PROFILE_KEY_BEFORE; workers go on meanwhile."""
    from engine.sealing import Masters
    from engine.store.rewrapping import rewrapped

    settings = load()
    masters = Masters.of(settings)

    async def told(session: Any) -> Deed:
        keys = {row["wrapped_by"]: row["keys"] for row in await session.fetch(statement("count_keys"))}
        return Deed(None, None, Entry("profile-keys-rewrapped", "profile-keys", keys, {"under": masters.current.name}))

    done(settings, "profile-keys rewrap", told)  # First: what is broken off was done in part.
    count = asked(settings, lambda pool: rewrapped(pool, masters))
    console.print(f"{count:,} keys were put under {masters.current.name}; all are now")
