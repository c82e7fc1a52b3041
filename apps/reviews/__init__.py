"""What buyers say of products: a rating, some words, staff who look at them first, and the shop's reply.

What a product is rated lives in the catalogue, where lists and pages are read; each write here counts it anew under the
product's lock, in the transaction that changes a review.
"""
