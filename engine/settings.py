"""Every setting of the product: environment variables `POINTS_…`, checked at start; the table is docs/operator.md."""

import difflib
import os
import ssl
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, FilePath, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

from engine.api.settings import ApiSettings, Count, OidcSettings, Seconds
from engine.hygiene import safe
from engine.webhooks.settings import WebhookSettings

PREFIX = "POINTS_"
FROM_FILE = "_FILE"
SECRETS_DIR = "POINTS_SECRETS_DIR"
FOR_TESTS = "POINTS_TEST_"

Port = Annotated[int, Field(ge=0, le=65535)]
Upper = BeforeValidator(lambda given: given.upper() if isinstance(given, str) else given)
Addresses = Annotated[str, Field(pattern=r"^[^\s:,/]+:\d{1,5}(,[^\s:,/]+:\d{1,5})*$")]
PostgresUrl = Annotated[str, Field(pattern=r"^postgres(ql)?://\S+$", repr=False)]


class SettingsError(ValueError):
    """A setting is missing, wrong or unknown; the text names each variable, what was given and what was expected."""


def cache_folder() -> Path:
    """Where downloads are kept unless `POINTS_HOME` says otherwise."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "points-engine"


def _program_folder() -> Path:
    return Path(__file__).parent.parent / "rules" / "programs"


class FileSource(PydanticBaseSettingsSource):
    """Reads setting X from the file that `POINTS_X_FILE` names, for secrets that must not stand in the environment."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - theirs
        """The stripped text of the file, or None where no file is named; `SettingsError` if it cannot be read."""
        name = variable(field_name)
        path = os.environ.get(name + FROM_FILE)
        if not path:
            return None, field_name, False
        if os.environ.get(name):
            raise SettingsError(f"{name} and {name + FROM_FILE} are both given; expected one of them")
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{name + FROM_FILE}: given {path!r}, expected a text file: {error}") from error

    def __call__(self) -> dict[str, Any]:
        """The settings that come from files."""
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


class Settings(ApiSettings, OidcSettings, WebhookSettings):
    """What an operator can set. The environment wins over `POINTS_…_FILE`, that over the folder of secrets."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        validate_default=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )

    database_url: PostgresUrl = "postgresql://points_app@127.0.0.1:5432/points"
    """Address of PostgreSQL for the application's role, which owns nothing and may not change the ledger."""
    owner_database_url: PostgresUrl = "postgresql://points_owner@127.0.0.1:5432/points"
    """Address of PostgreSQL for the role that owns the tables; `points init`, and keys and merchants made
    by commands, use it."""
    database_sslmode: Literal["disable", "require", "verify-ca", "verify-full"] | None = None
    """TLS toward PostgreSQL; left out, the address decides by its own `sslmode`."""
    database_ssl_rootcert: FilePath | None = None
    """PEM file of the authority that signed PostgreSQL's certificate; left out, the system's authorities."""
    database_ssl_cert: FilePath | None = None
    """PEM file of our certificate, where PostgreSQL asks for one."""
    database_ssl_key: FilePath | None = None
    """PEM file of the key of `POINTS_DATABASE_SSL_CERT`."""
    database_pool_size: Count = 10
    """Most connections one process opens to PostgreSQL."""

    kafka_bootstrap: Addresses = "127.0.0.1:9092"
    """Brokers to begin with: `host:port`, separated by commas."""
    kafka_security_protocol: Annotated[Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"], Upper] = "PLAINTEXT"
    """How the brokers are spoken to; `SASL_SSL` for production."""
    kafka_sasl_mechanism: Annotated[Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"], Upper] = "SCRAM-SHA-512"
    """How the user is proved to the brokers, with a SASL protocol."""
    kafka_sasl_username: str | None = None
    """User at the brokers, with a SASL protocol."""
    kafka_sasl_password: str | None = Field(default=None, repr=False)
    """Password at the brokers, with a SASL protocol."""
    kafka_ssl_cafile: FilePath | None = None
    """PEM file of the authority that signed the brokers' certificates; left out, the system's authorities."""
    kafka_ssl_certfile: FilePath | None = None
    """PEM file of our certificate, where the brokers ask for one."""
    kafka_ssl_keyfile: FilePath | None = None
    """PEM file of the key of `POINTS_KAFKA_SSL_CERTFILE`."""

    topic_prefix: str = Field(default="loyalty", pattern=r"^[A-Za-z0-9._-]{1,100}$")
    """First word of every topic's name: `loyalty.events`."""
    partitions: int = Field(default=32, ge=1, le=4096)
    """Partitions of the member-keyed topics; fixed for good by `points init`, so begin with enough."""
    replication_factor: int = Field(default=1, ge=1, le=16)
    """Copies of each partition when `points init` creates the topics; 3 for production."""
    generation: ClassVar[int] = 1
    """Of the member-keyed topics, and part of every lane's key, so that topics with more partitions can follow them."""
    group_id: str = Field(default="points", min_length=1, max_length=200)
    """Kafka's consumer group of the workers."""

    worker_slots: int = Field(default=8, ge=1, le=4096)
    """Workers that may run at once, each holding one slot and with it a static membership in the group."""
    worker_strands: int = Field(default=2, ge=1, le=64)
    """Transactions that one worker runs in parallel; fewer than `POINTS_DATABASE_POOL_SIZE`."""
    batch_events_max: int = Field(default=4000, ge=1, le=100_000)
    """Most events decided in one transaction."""
    ahead_days: int = Field(default=1, ge=1, le=100_000)
    """Days that an event may lie after the database's clock, and a day that closes two weeks more; more if made-up."""
    close_chunk: int = Field(default=500, ge=1, le=100_000)
    """Members that the close of a day decides in one transaction: they wait for it, 500 of them for 0.3 s or so."""
    fetch_bytes_max: int = Field(default=4 << 20, ge=1 << 16, le=256 << 20)
    """Most bytes that one fetch brings of one partition."""
    session_timeout_s: int = Field(default=10, ge=6, le=1800)
    """Seconds of silence after which a worker's partitions, slot and relay go to others; below 6 without cause."""
    heartbeat_s: Seconds = 1.0
    """Seconds between heartbeats; at most a third of the session timeout."""
    rebalance_timeout_s: int = Field(default=20, ge=6, le=3600)
    """Seconds a worker has to hand over its partitions; longer than the slowest batch."""
    progress_timeout_s: Seconds = 60.0
    """Seconds without progress, while events wait, after which a worker counts as dead and ends itself."""

    unusable_in_a_row_max: Count = 1000
    """Unusable events without a usable one between them after which a partition is paused."""
    defects_before_pause: Count = 2
    """Restarts at one position by the same defect after which its partition is paused."""
    outage_pause_s_first: Seconds = 0.2
    """Seconds before the first retry in an outage; each later pause doubles."""
    outage_pause_s_max: Seconds = 30.0
    """Longest pause between two retries in an outage, in seconds."""
    relay_poll_ms: int = Field(default=50, ge=5, le=60_000)
    """Milliseconds the relay waits when nothing is there to publish."""
    attest_every_s: Seconds = 3600.0
    """Seconds between two publications of the newest links of the journal and the trail on `loyalty.attestations`."""

    profile_key: str | None = Field(default=None, min_length=32, max_length=512, repr=False)
    """Master key of members' profiles; at least 32 characters, backed up apart from the database. Workers need it."""
    profile_key_before: str | None = Field(default=None, min_length=32, max_length=512, repr=False)
    """The master key before it, until `points profile-keys rewrap` has passed."""

    outbox_kept_days: Count = 35
    """Days for which what was published stays in the outbox, for webhooks that are told again."""
    dead_letters_kept_days: Count = 400
    """Days for which dead letters stay in the database, as long as in their topic."""

    programs_dir: Path = Field(default_factory=_program_folder)
    """Folder of the program files that `points program` reads."""
    http_host: str = Field(default="127.0.0.1", min_length=1)
    """Address on which a worker answers health and metrics; `0.0.0.0` in a container."""
    http_port: Port = 8081
    """Port on which a worker answers health and metrics; 0 takes a free one."""
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], Upper] = "INFO"
    """Least severe message that is logged."""
    log_format: Literal["json", "text"] = "json"
    """One JSON object a line, or plain text for a terminal."""
    home: Path = Field(default_factory=cache_folder)
    """Folder of what the embedded servers download and keep."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        *_others: PydanticBaseSettingsSource,
        **_named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is read, the winning source first."""
        sources = init_settings, env_settings, FileSource(settings_cls)
        folder = os.environ.get(SECRETS_DIR)
        if not folder:
            return sources
        if not Path(folder).is_dir():
            raise SettingsError(f"{SECRETS_DIR}: given {folder!r}, expected a folder")
        return *sources, SecretsSettingsSource(settings_cls, secrets_dir=folder)

    @model_validator(mode="after")
    def _agree(self) -> "Settings":
        wrong = [text for holds, text in self._agreements() if not holds]
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    def _agreements(self) -> tuple[tuple[bool, str], ...]:
        sasl = self.kafka_security_protocol.startswith("SASL")
        proved = bool(self.kafka_sasl_username and self.kafka_sasl_password)
        kafka_pair = (self.kafka_ssl_certfile is None) == (self.kafka_ssl_keyfile is None)
        database_pair = (self.database_ssl_cert is None) == (self.database_ssl_key is None)
        issuer = {self.oidc_issuer is None, self.oidc_audience is None, self.oidc_jwks_url is None}
        certified = self.database_ssl_rootcert or self.database_ssl_cert
        return (
            (proved or not sasl, "POINTS_KAFKA_SASL_USERNAME and _PASSWORD: expected both with a SASL protocol"),
            (len(issuer) == 1, "POINTS_OIDC_ISSUER, POINTS_OIDC_AUDIENCE, POINTS_OIDC_JWKS_URL: expected all or none"),
            (kafka_pair, "POINTS_KAFKA_SSL_CERTFILE and _KEYFILE: given one, expected both"),
            (database_pair, "POINTS_DATABASE_SSL_CERT and _KEY: given one, expected both"),
            (bool(self.database_sslmode or not certified), "POINTS_DATABASE_SSLMODE: expected with the certificates"),
            (
                self.heartbeat_s * 3 <= self.session_timeout_s,
                f"POINTS_HEARTBEAT_S: given {self.heartbeat_s:g}, expected <= POINTS_SESSION_TIMEOUT_S / 3",
            ),
            (
                self.outage_pause_s_first <= self.outage_pause_s_max,
                f"POINTS_OUTAGE_PAUSE_S_FIRST: given {self.outage_pause_s_first:g}, expected <= that of _MAX",
            ),
        )

    @property
    def kafka_client(self) -> dict[str, Any]:
        """Keyword arguments that every aiokafka client takes: addresses, protocol, SASL, TLS."""
        given: dict[str, Any] = {
            "bootstrap_servers": self.kafka_bootstrap.split(","),
            "security_protocol": self.kafka_security_protocol,
        }
        if self.kafka_security_protocol.endswith("SSL"):
            given["ssl_context"] = _trusting(self.kafka_ssl_cafile, self.kafka_ssl_certfile, self.kafka_ssl_keyfile)
        if self.kafka_security_protocol.startswith("SASL"):
            given["sasl_mechanism"] = self.kafka_sasl_mechanism
            given["sasl_plain_username"] = self.kafka_sasl_username
            given["sasl_plain_password"] = self.kafka_sasl_password
        return given

    @property
    def database_client(self) -> dict[str, Any]:
        """Keyword arguments for `asyncpg.connect` and `create_pool` beside the address: TLS as set, else nothing."""
        if self.database_sslmode is None:
            return {}
        if self.database_sslmode == "disable":
            return {"ssl": False}
        context = _trusting(self.database_ssl_rootcert, self.database_ssl_cert, self.database_ssl_key)
        context.check_hostname = self.database_sslmode == "verify-full"
        if self.database_sslmode == "require":
            context.verify_mode = ssl.CERT_NONE
        return {"ssl": context}

    def topic(self, name: str) -> str:
        """The full name of a topic: `events` gives `loyalty.events`."""
        return f"{self.topic_prefix}.{name}"


def _trusting(authority: Path | None, certificate: Path | None, key: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority)
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context


def variable(field: str) -> str:
    """The environment variable of a field of `Settings`."""
    return PREFIX + field.upper()


def load(**given: Any) -> Settings:
    """The settings, from the environment and `given`, which wins; `SettingsError` names each that is wrong."""
    _refuse_unknown()
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError("\n".join(_told(dict(one)) for one in error.errors())) from None


def _refuse_unknown() -> None:
    known = {variable(field) for field in Settings.model_fields}
    known |= {name + FROM_FILE for name in known} | {SECRETS_DIR}
    lines = [
        f"{name}: no such setting; did you mean {difflib.get_close_matches(name, known, 1, 0)[0]}?"
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and not name.startswith(FOR_TESTS) and name not in known
    ]
    if lines:
        raise SettingsError("\n".join(lines))


def _told(error: dict[str, Any]) -> str:
    if not error["loc"]:
        return str(error["ctx"]["error"])
    field = str(error["loc"][0]).lower()
    shown = field not in Settings.model_fields or Settings.model_fields[field].repr
    given = safe(repr(error["input"])) if shown else "a value that is not shown"
    return f"{variable(field)}: given {given}, expected: {error['msg']}"
