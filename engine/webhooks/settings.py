"""Settings of the webhooks; `engine.settings` reads them with the others."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

Few = Annotated[int, Field(ge=1, le=1000)]


class WebhookSettings(BaseSettings):
    """What an operator can set of the webhooks."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    webhook_key: str | None = Field(default=None, min_length=32, max_length=512, repr=False)
    """Secret that webhooks' secrets are derived from; at least 32 characters, never changed, not in the database."""
    webhook_sends: Few = 32
    """Webhooks under way at once, of one merchant at most a quarter of them."""
    webhook_sends_each: Few = 4
    """Webhooks under way at once to one endpoint."""
    webhook_timeout_s: float = Field(default=15.0, ge=1.0, le=60.0)
    """Seconds after which a merchant's server that has not answered counts as failing."""
    webhook_poll_ms: int = Field(default=200, ge=5, le=60_000)
    """Milliseconds the webhooks' process waits when nothing is due."""
    webhook_kept_days: int = Field(default=30, ge=4, le=3650)
    """Days for which what was delivered or given up can be looked at."""
    webhook_loopback: bool = False
    """Whether webhooks may go to this machine, by http too: for a sandbox or a test, never in production."""
