"""A whole purchase, and how to undo it: the only app that knows cart, stock, order and payment at once."""
