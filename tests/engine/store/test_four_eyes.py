"""The database holds to two people what comes by the application's login, whatever it is told by SQL."""

import secrets

import asyncpg
import pytest

from engine.store.connect import ROLE
from tests.engine.store.conftest import Desk
from tests.engine.store.wrong_of_four_eyes import FORBIDDEN, RIGHT_WITH_TWO, WRONG_ALONE, key, shop
from tests.engine.store.wrong_of_programs import UNAPPROVED


async def test_what_others_approved_is_done(desk: Desk) -> None:
    """So what is refused below is refused for its one fault alone."""
    for sql in RIGHT_WITH_TWO:
        await desk.owner.execute(f"begin; {sql}; rollback")


async def test_what_nobody_approved_is_refused_by_name(desk: Desk) -> None:
    for name, sql in WRONG_ALONE:
        with pytest.raises(asyncpg.RestrictViolationError, match=f'"{name}"'):
            await desk.owner.execute(f"begin; {sql}; rollback")
        await desk.owner.execute("rollback")


async def test_what_was_approved_is_not_changed(desk: Desk) -> None:
    for sql in FORBIDDEN:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await desk.owner.execute(f"begin; set local role points_app; {sql}; rollback")
        await desk.owner.execute("rollback")


async def test_a_login_that_may_act_as_the_application_need_not_do_so_and_is_held_to_the_same(desk: Desk) -> None:
    """It inherits rights under its own name, but not that row security passes it by. The owner does it alone."""
    login = f"till_{secrets.token_hex(6)}"
    await desk.owner.execute(f"create role {login} login in role {ROLE}")
    version = UNAPPROVED.partition("immediate; ")[2]
    for sql, refused in (
        (key(), asyncpg.InsufficientPrivilegeError),
        (shop(), asyncpg.InsufficientPrivilegeError),
        (version, asyncpg.RestrictViolationError),
    ):
        with pytest.raises(refused):
            await desk.owner.execute(f"begin; set local role {login}; {sql}; commit")
        await desk.owner.execute("rollback")
    for sql in key(), shop(), version:
        await desk.owner.execute(f"begin; {sql}; set constraints all immediate; rollback")
    await desk.owner.execute(f"drop role {login}")
