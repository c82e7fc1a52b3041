"""Pago Móvil, the part that knows neither tables nor the web: how its figures are read, and when two of them are one.

Shoppers push bolívares from their bank's app to one of the shop's phones and tell us with what reference; staff look
into the bank's statement. What is stored and decided about that is in the files named pago_movil of models/, services/,
selectors/, api/ and admin/.
"""
