"""What people are told: one message row per recipient, event and channel, rendered in their language and sent once.

A handler queues a message under a `dedupe_key` that names what is told to whom, so an event that comes twice is told
once. Subject, text and HTML are rendered then and kept, word for word. Sending is an event of its own: a mail server
that says "later" is asked again by the outbox, one that says "never" leaves the message `failed` with its reason.

A phone gets a short text from an approved template, by WhatsApp. What may have been sent is looked for before it is
sent again; reports move a message forward only; one that fails is told by the mail that was written beside it.
"""
