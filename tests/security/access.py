"""Who gets what at each route. The rows name who gets in; everybody else is refused, in the way that the row implies.

A word of a row is a role of the staff (the boss, a superuser, comes with any of them) or one of these:

- `anyone`; `signed in`: all who are, staff too.
- `owner`: whose object the address names. To others it does not exist: 404, be they customers, the boss, or people of
  the store that sells it. Guests are asked who they are (401), unless the row says `open`: then they get 404 as well.
- `holder`: a guest with the token of the order that the object belongs to.
- `stepped up`: and none of those without a token for a code just typed (403).
- `no Support`: these staff see the object elsewhere, so they are told that this is not theirs to do: 403.

A row of roles alone is a door that only they pass: guests 401, everybody else 403.
"""

ANYONE, SIGNED_IN = ("anyone",), ("signed in",)
STEPPED_UP = ("signed in", "stepped up")
OWNER = ("owner",)
IN_CART = ("owner", "open")
BUYER = ("owner", "holder", "open")
MONEY = ("Payments",)
PEOPLE = ("Support", "Security")
SEEN = (*BUYER, "Orders", "Payments", "Support")  # what belongs to an order
PAYING = (*BUYER, "Orders", "Payments", "no Support")

ACCESS: dict[str, tuple[str, ...]] = {
    "GET /api/health/": ANYONE,
    "GET /api/health/live/": ANYONE,
    "GET /api/health/ready/": ANYONE,
    "GET /api/info/": ANYONE,
    "GET /api/v1/admin/customers/": ("Orders", *PEOPLE),
    "POST /api/v1/admin/customers/": ("Support",),
    "DELETE /api/v1/admin/customers/{customer_id}/": PEOPLE,
    "GET /api/v1/admin/customers/{customer_id}/": ("Orders", *PEOPLE),
    "PATCH /api/v1/admin/customers/{customer_id}/": PEOPLE,
    "POST /api/v1/admin/customers/{customer_id}/unlock/": PEOPLE,
    "GET /api/v1/attributes/": ANYONE,
    "POST /api/v1/auth/change-password/": STEPPED_UP,
    "POST /api/v1/auth/google/": ANYONE,
    "POST /api/v1/auth/login/": ANYONE,
    "POST /api/v1/auth/logout/": ANYONE,
    "POST /api/v1/auth/otp/": SIGNED_IN,
    "POST /api/v1/auth/otp/verify/": SIGNED_IN,
    "POST /api/v1/auth/password-reset/": ANYONE,
    "POST /api/v1/auth/password-reset/confirm/": ANYONE,
    "POST /api/v1/auth/refresh/": ANYONE,
    "POST /api/v1/auth/register/": ANYONE,
    "POST /api/v1/auth/resend-verification/": ANYONE,
    "GET /api/v1/auth/sessions/": SIGNED_IN,
    "POST /api/v1/auth/sessions/deactivate-all/": SIGNED_IN,
    "GET /api/v1/auth/sessions/stats/": SIGNED_IN,
    "POST /api/v1/auth/sessions/{session_id}/deactivate/": OWNER,
    "POST /api/v1/auth/verify-email/": ANYONE,
    "GET /api/v1/auth/verify-email/{token}/": ANYONE,
    "POST /api/v1/auth/verify-email/{token}/": ANYONE,
    "DELETE /api/v1/cart/": ANYONE,
    "GET /api/v1/cart/": ANYONE,
    "POST /api/v1/cart/items/": ANYONE,
    "DELETE /api/v1/cart/items/{item_id}/": IN_CART,
    "PATCH /api/v1/cart/items/{item_id}/": IN_CART,
    "GET /api/v1/categories/": ANYONE,
    "POST /api/v1/checkout/": ANYONE,
    "POST /api/v1/checkout/preview/": ANYONE,
    "GET /api/v1/fx-rates/alerts/": MONEY,
    "POST /api/v1/fx-rates/alerts/{alert_id}/acknowledge/": MONEY,
    "GET /api/v1/fx-rates/at/": ANYONE,
    "POST /api/v1/fx-rates/convert/": ANYONE,
    "GET /api/v1/fx-rates/current/": ANYONE,
    "GET /api/v1/fx-rates/history/": ANYONE,
    "DELETE /api/v1/fx-rates/manual/": MONEY,
    "POST /api/v1/fx-rates/manual/": MONEY,
    "POST /api/v1/fx-rates/refresh/": MONEY,
    "GET /api/v1/fx-rates/stats/": MONEY,
    "GET /api/v1/me/": SIGNED_IN,
    "PATCH /api/v1/me/": SIGNED_IN,
    "GET /api/v1/me/addresses/": SIGNED_IN,
    "POST /api/v1/me/addresses/": SIGNED_IN,
    "DELETE /api/v1/me/addresses/{address_id}/": OWNER,
    "GET /api/v1/me/addresses/{address_id}/": OWNER,
    "PATCH /api/v1/me/addresses/{address_id}/": OWNER,
    "DELETE /api/v1/me/picture/": SIGNED_IN,
    "PUT /api/v1/me/picture/": SIGNED_IN,
    "GET /api/v1/me/preferences/": SIGNED_IN,
    "PATCH /api/v1/me/preferences/": SIGNED_IN,
    "GET /api/v1/orders/": SIGNED_IN,
    "GET /api/v1/orders/{number}/": SEEN,
    "POST /api/v1/orders/{number}/cancel/": (*BUYER, "Orders", "no Payments", "no Support"),
    "POST /api/v1/orders/{number}/complete/": ("Orders",),
    "GET /api/v1/orders/{number}/history/": SEEN,
    "GET /api/v1/orders/{number}/payments/": SEEN,
    "POST /api/v1/orders/{number}/payments/": PAYING,
    "POST /api/v1/orders/{number}/quotes/": PAYING,
    "GET /api/v1/orders/{number}/refunds/": SEEN,
    "POST /api/v1/orders/{number}/refunds/": MONEY,
    "POST /api/v1/orders/{number}/ship/": ("Orders",),
    "GET /api/v1/payments/": SIGNED_IN,
    "GET /api/v1/payments/methods/": ANYONE,
    "GET /api/v1/payments/pago-movil/banks/": ANYONE,
    "GET /api/v1/payments/pago-movil/claims/": SIGNED_IN,
    "POST /api/v1/payments/pago-movil/claims/": PAYING,
    "GET /api/v1/payments/pago-movil/claims/{claim_id}/": SEEN,
    "POST /api/v1/payments/pago-movil/claims/{claim_id}/approve/": MONEY,
    "GET /api/v1/payments/pago-movil/claims/{claim_id}/proof/": SEEN,
    "POST /api/v1/payments/pago-movil/claims/{claim_id}/reject/": MONEY,
    "POST /api/v1/payments/pago-movil/claims/{claim_id}/take/": MONEY,
    "GET /api/v1/payments/pago-movil/instructions/{payment_id}/": SEEN,
    "GET /api/v1/payments/pago-movil/recipients/": MONEY,
    "GET /api/v1/payments/pago-movil/statements/": MONEY,
    "POST /api/v1/payments/pago-movil/statements/": MONEY,
    "GET /api/v1/payments/pago-movil/statements/layouts/": MONEY,
    "GET /api/v1/payments/saved-methods/": SIGNED_IN,
    "POST /api/v1/payments/saved-methods/": SIGNED_IN,
    "POST /api/v1/payments/saved-methods/refresh/": SIGNED_IN,
    "DELETE /api/v1/payments/saved-methods/{method_id}/": OWNER,
    "POST /api/v1/payments/saved-methods/{method_id}/default/": OWNER,
    "GET /api/v1/payments/stats/": ("Orders", *MONEY),
    "GET /api/v1/payments/{payment_id}/": SEEN,
    "POST /api/v1/payments/{payment_id}/confirm/": MONEY,
    "GET /api/v1/payments/{payment_id}/proofs/": SEEN,
    "POST /api/v1/payments/{payment_id}/proofs/": PAYING,
    "GET /api/v1/payments/{payment_id}/proofs/{proof_id}/picture/": SEEN,
    "POST /api/v1/payments/{payment_id}/refresh/": SEEN,
    "POST /api/v1/payments/{payment_id}/refunds/": MONEY,
    "POST /api/v1/payments/{payment_id}/refunds/{refund_id}/sent/": MONEY,
    "POST /api/v1/payments/{payment_id}/reject/": MONEY,
    "GET /api/v1/products/": ANYONE,
    "GET /api/v1/products/{name}/": ANYONE,
    "GET /api/v1/tags/": ANYONE,
}
