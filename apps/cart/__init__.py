"""What somebody means to buy: a cart per person or per guest token, re-priced and re-checked every time it is read.

A cart holds variants and quantities, never prices that bind. It promises no stock; checkout does.
"""
