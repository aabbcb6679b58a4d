"""All that is kept about one member, in one document."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from schemas.fields import Id, Instant, MemberId, Payload


class MemberExport(Payload):
    """By table of the ledger, with every column; of codes all but what they could be tried by."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "bank": "anping", "member_id": "m-1", "exported_at": "2026-10-05T10:02:00+08:00",
                    "kept": {"member": [{"bank": "anping", "member_id": "m-1", "version": 1, "status": "enrolled"}]},
                }
            ]
        }
    )  # fmt: skip

    bank: Id
    member_id: MemberId
    exported_at: Instant
    kept: Annotated[dict[str, tuple[dict[str, Any], ...]], Field(description="Rows by the name of their table.")]
