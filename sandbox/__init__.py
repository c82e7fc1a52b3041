"""The outside companies the shop talks to, emulated at the wire: `python -m sandbox`.

One ASGI program that keeps state, answers in each company's own format, signs and retries its webhooks, shows pages
where a person approves or declines, and misbehaves on request. Nothing in `apps/` imports it and it imports nothing
from there, so an adapter cannot tell it from the company. See README.md.
"""
