"""The postings of every example that a program file holds, each with the version that decided it."""

from collections.abc import Iterator

from rules.decision import Posting
from rules.identity import event_key
from rules.language.compile import compiled
from rules.language.given import BANK, MEMBER_ID, Given, new_member
from rules.language.load import read
from rules.memory import Memory
from rules.program import Program, Programs
from schemas.events import BusinessDayClosed


def postings_of(text: str) -> Iterator[tuple[Posting, Program]]:
    """In the order in which they are decided, example by example."""
    file, _ = read(text)
    programs = Programs([compiled(file, text)])
    program = programs.versions[0]
    for example in file.examples:
        memory = Memory(programs, BANK)
        events = Given(file.time_zone, file.currency).events(example, ())
        memory.members[MEMBER_ID] = new_member(example.member, program.moment(events[0].occurred_at).day)
        for event in events:
            key = event_key(BANK, event.source, event.id)
            if isinstance(event, BusinessDayClosed):
                decisions = list(memory.close(event, key))
            else:
                decisions = [memory.decided(event, key, program)]
            yield from ((posting, program) for decision in decisions for posting in decision.postings)
