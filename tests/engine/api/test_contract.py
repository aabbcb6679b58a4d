"""The whole OpenAPI is tried by Schemathesis, operation by operation and in sequences (TESTS.md row 14)."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import ignored_auth

from tests.engine.api.conftest import Street

AT_EASE: dict[str, Any] = {
    "deadline": None, "database": None, "derandomize": True, "suppress_health_check": list(HealthCheck),
    "phases": [Phase.explicit, Phase.generate],
}  # fmt: skip


async def test_every_operation_keeps_to_its_description(closed_street: Street, full: bool) -> None:
    """As a merchant with a code; what is sent is right or wrong, what comes back is as described, and never a 500."""
    street = closed_street
    await street.serve(api_guesses_max=10_000_000)
    await street.member("m-1", 1000)
    roles = {"/v1/redemptions": "merchant", "/v1/codes": "merchant"}
    told: Any = schemathesis.openapi.from_url(f"{street.address}/openapi.json")
    for operation in (one.ok() for one in told.get_all_operations()):
        role = next((role for prefix, role in roles.items() if operation.path.startswith(prefix)), "channel")
        token = await street.token(role, "wash-1" if role == "merchant" else "app")

        @settings(max_examples=500 if full else 8, **AT_EASE)
        @given(case=operation.as_strategy())
        def holds(case: Any, token: str = token) -> None:
            case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=[ignored_auth])

        holds()
    assert "Traceback" not in street.said()


async def test_sequences_keep_to_the_description(closed_street: Street, full: bool) -> None:
    """One operation's answer is the next one's question."""
    street = closed_street
    await street.serve(api_guesses_max=10_000_000)
    await street.member("m-1", 1000)
    token = await street.token("merchant", "wash-1")
    machine = schemathesis.openapi.from_url(f"{street.address}/openapi.json").as_state_machine()

    class Shop(machine):  # type: ignore[misc, valid-type]
        def get_call_kwargs(self, _case: Any) -> dict[str, Any]:
            return {"headers": {"Authorization": f"Bearer {token}"}}

        def validate_response(self, response: Any, case: Any, **more: Any) -> None:
            case.validate_response(response, excluded_checks=[ignored_auth], **more)

    Shop.run(settings=settings(max_examples=200 if full else 5, stateful_step_count=6, **AT_EASE))
    assert "Traceback" not in street.said()
