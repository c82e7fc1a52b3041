"""What people keep for later: their lists, the links by which others see them, and what they ask to be told of.

What a product costs and whether it can be bought is the catalogue's and the inventory's to say, at the moment that
somebody looks. An alert is decided here, by one statement; the mail that follows is notifications'.
"""
