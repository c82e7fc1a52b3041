"""What a customer agreed to buy, at the prices they saw, and what became of it.

Totals and lines are frozen at placement. Status, payment status and fulfilment status are three fields, each changed by
one guarded UPDATE and recorded with actor and reason. Orders call inventory for their holds; payments tells orders of
money; checkout, above, makes them.
"""
