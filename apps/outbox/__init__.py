"""Side effects, told once the business row is safe: written in the caller's transaction, delivered after commit.

Promises: an event of a committed transaction reaches each of its handlers at least once, in the order of its aggregate,
whatever crashes; one of a rolled-back transaction reaches nobody. What a handler cannot do is tried again with growing
pauses and ends as a dead letter that staff see and can replay.
"""
