"""What becomes of a merchant's upload: a command on its member's key, or a refusal that the merchant is told."""

from uuid import UUID

from engine.deciding import Uploaded
from engine.messages import Said, to_member, to_merchant
from rules.identity import derived
from schemas.events import RedemptionUploaded
from schemas.events.uploads import COMMANDS
from schemas.message import SOURCE


def passed_on(upload: Uploaded, partitions: int) -> Said:
    """The command is the engine's own event under an id of the upload's, with the upload's times."""
    intake, event = upload.intake, upload.intake.event
    if not isinstance(event, RedemptionUploaded):
        raise TypeError(f"{event.type} is no upload")
    if upload.member_id is None:
        return _refused(upload, event, partitions)
    command, _ = COMMANDS[event.data.ask]
    told = command(
        id=f"u-{derived(intake.key, 'command').hex()}",
        source=SOURCE,
        subject=upload.member_id,
        occurred_at=event.occurred_at,
        business_date=event.business_date,
        data=event.data.request(event.subject),  # type: ignore[arg-type]  # the two stand together in COMMANDS
    )
    return to_member(intake.bank, told, partitions)


def _refused(upload: Uploaded, event: RedemptionUploaded, partitions: int) -> Said:
    intake, (reason, detail) = upload.intake, upload.refusal or ("", "")
    merchant = f"{intake.bank}/{event.subject}".encode()
    about = {
        "bank": intake.bank,
        "merchant": event.subject,
        "merchant_ref": event.data.merchant_ref,
        "redemption_id": str(UUID(bytes=derived(merchant, f"redemption:{event.data.merchant_ref}"))),
        "state": "refused",
        "refusal": reason,
        "detail": detail,
    }
    id_ = str(UUID(bytes=derived(intake.key, "redemption-refused")))
    return to_merchant(about, id_, event.occurred_at, partitions)
