"""Side effects, told once the business row is safe: written in the caller's transaction, delivered after commit.

Promises: an event of a committed transaction reaches each of its handlers at least once, whatever crashes; one of a
rolled-back transaction reaches nobody. Events of one aggregate reach a handler in the order of their writing, provided
that their writers hold a lock on the aggregate, as all our services do.

What a handler cannot do is tried again with growing pauses, and later events of that aggregate wait behind it. After
`MAX_ATTEMPTS` it is a dead letter that staff see and can replay, and the aggregate goes on without it: one lost telling
is easier to mend by hand than an order that has gone silent. A handler that needs an earlier event to have succeeded
reads the rows instead of trusting the order.
"""
