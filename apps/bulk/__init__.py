"""Many products at once: changes of prices and stock that are seen before they are made, and can be undone.

It promises that what was shown is what happens: a value that somebody else has changed meanwhile is left alone and
reported, and nothing happens twice. How a price or a stock item is written stays with `catalog` and `inventory`.
"""
