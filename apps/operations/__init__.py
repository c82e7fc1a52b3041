"""Commands that span the house: fill the demo shop, import a whole catalogue with its stock, drill for oversell.

It owns no table and no rule; each command calls the services of the apps below.
"""
