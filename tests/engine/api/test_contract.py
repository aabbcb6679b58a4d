"""The merchants' operations are tried by Schemathesis as the OpenAPI tells of them (TESTS.md row 14)."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.engine.api.conftest import Street

MERCHANTS = ("/v1/redemptions", "/v1/codes", "/v1/webhooks")


def kept(operation: Any, token: str, examples: int) -> None:
    """Tries an operation so many times; each answer is as described, and none is a fault of the server."""

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate],
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def tried(case: Any) -> None:
        # A request of the right form may still be refused, by 422 as well: what it asks for is not there.
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=[positive_data_acceptance])

    tried()


async def test_every_operation_keeps_to_its_description(closed_street: Street, full: bool) -> None:
    """What is sent is of the form described; guesses are not counted here, so that codes may be wrong."""
    street = closed_street
    await street.serve(api_guesses_max=10_000_000)
    await street.member("m-1", 1000)
    token = await street.token("merchant", "wash-1")
    told: Any = schemathesis.openapi.from_url(f"{street.address}/openapi.json")
    operations = [one for one in (one.ok() for one in told.get_all_operations()) if one.path.startswith(MERCHANTS)]
    assert len(operations) >= 6
    for operation in operations:
        kept(operation, token, 500 if full else 20)
    assert "Traceback" not in street.said()
    assert '"status": 500' not in street.said()
