"""The one request of Kafka's protocol that aiokafka lacks: leaving a group by a static member's name (KIP-345)."""

from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Int16, Int32, Schema, String

LEAVE_GROUP = 13
NO_MEMBER_ID = ""
"""A member given by its instance id needs no member id."""


class LeaveGroupAnswer(Response):
    """LeaveGroupResponse, version 3: an error for the request, and one for each member."""

    API_KEY = LEAVE_GROUP
    API_VERSION = 3
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        (
            "members",
            Array(("member_id", String("utf-8")), ("group_instance_id", String("utf-8")), ("error_code", Int16)),
        ),
    )


class LeaveGroupStruct(RequestStruct):
    """LeaveGroupRequest, version 3, the first to name static members."""

    API_KEY = LEAVE_GROUP
    API_VERSION = 3
    RESPONSE_TYPE = LeaveGroupAnswer
    SCHEMA = Schema(
        ("group", String("utf-8")),
        ("members", Array(("member_id", String("utf-8")), ("group_instance_id", String("utf-8")))),
    )


class LeaveGroup(Request[LeaveGroupStruct]):
    """Removes one static member from its group."""

    API_KEY = LEAVE_GROUP

    def __init__(self, group: str, instance_id: str) -> None:
        """The group and the member's instance id."""
        self._group = group
        self._instance_id = instance_id

    def build(self, request_struct_class: type[LeaveGroupStruct]) -> LeaveGroupStruct:
        """The request as it goes over the wire."""
        return request_struct_class(self._group, [(NO_MEMBER_ID, self._instance_id)])
