"""What spans the house: the staff's desk, and commands that fill the demo shop, import a catalogue, drill for oversell.

It owns no table and no rule; each screen and each command calls the services of the apps below.
"""
