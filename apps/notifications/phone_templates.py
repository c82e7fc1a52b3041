"""What phones are told: short texts with numbered gaps, as WhatsApp's templates are written and approved.

Meta refuses a template that begins or ends with a gap. A changed wording wants a new name, for an approval is for ever.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from apps.notifications.plain import one_line

LONGEST_TEXT = 1024  # of a filled template. Source: Twilio's error 63021
NOTHING = "–"  # no gap may be left empty
_GAP = re.compile(r"\{\{(\d+)\}\}")


@dataclass(frozen=True, slots=True)
class PhoneTemplate:
    """`gaps` names the gaps in the order of their numbers, each with the example that Meta wants to see.

    One that brings a code is good for `code_minutes`; Meta itself has written its words, and they cannot be changed.
    """

    name: str
    gaps: Mapping[str, str]
    bodies: Mapping[str, str]
    code_minutes: int = 0

    def examples(self) -> dict[str, str]:
        return {str(number): example for number, example in enumerate(self.gaps.values(), start=1)}

    def fill(self, language: str, values: Mapping[str, str]) -> tuple[dict[str, str], str]:
        """The variables by number, each one line and never empty, and the text that they make: at most 1024 long."""
        words = {str(n): one_line(values[gap], limit=600) or NOTHING for n, gap in enumerate(self.gaps, start=1)}
        while (excess := len(self._read(language, words)) - LONGEST_TEXT) > 0:
            longest = max(words, key=lambda number: len(words[number]))
            words[longest] = one_line(words[longest], limit=len(words[longest]) - excess)
        return words, self._read(language, words)

    def _read(self, language: str, words: Mapping[str, str]) -> str:
        return _GAP.sub(lambda gap: words[gap[1]], self.bodies[language])


NEW_ORDER = PhoneTemplate(
    "shop_new_order",
    {
        "number": "ORD-100001",
        "customer": "Ana Pérez",
        "contact": "ana@example.com, +584121234567",
        "goods": "1 × RX-78-2; 2 × Zaku II",
        "total": "US$ 52.00",
        "method": "Pago Móvil",
        "delivery": "Av. Bolívar 1, Caracas",
    },
    {
        "es": "Nuevo pedido {{1}} de {{2}} ({{3}}).\nProductos: {{4}}\nTotal: {{5}}\nForma de pago: {{6}}\n"
        "Entrega: {{7}}\nTodo lo demás está en el panel de la tienda.",
        "en": "New order {{1}} from {{2}} ({{3}}).\nGoods: {{4}}\nTotal: {{5}}\nPaid by: {{6}}\nDelivery: {{7}}\n"
        "The rest is in the shop's admin.",
        "pt": "Novo pedido {{1}} de {{2}} ({{3}}).\nProdutos: {{4}}\nTotal: {{5}}\nForma de pagamento: {{6}}\n"
        "Entrega: {{7}}\nO resto está no painel da loja.",
    },
)
PAYMENT_TO_VERIFY = PhoneTemplate(
    "shop_payment_to_verify",
    {"number": "ORD-100001", "amount": "Bs. 8.500,00", "method": "Pago Móvil", "reference": "012345678901"},
    {
        "es": "Hay un pago por verificar, del pedido {{1}}: {{2}} por {{3}}, referencia {{4}}. "
        "Apruébalo o recházalo en el panel de la tienda.",
        "en": "A payment waits to be verified, for order {{1}}: {{2}} by {{3}}, reference {{4}}. "
        "Approve or reject it in the shop's admin.",
        "pt": "Há um pagamento a verificar, do pedido {{1}}: {{2}} por {{3}}, referência {{4}}. "
        "Aprove ou recuse no painel da loja.",
    },
)
PAYMENT_CONFIRMED = PhoneTemplate(
    "shop_payment_confirmed",
    {"number": "ORD-100001", "amount": "Bs. 8.500,00", "method": "Pago Móvil", "state": "pagado"},
    {
        "es": "Entró un pago del pedido {{1}}: {{2}} por {{3}}. El pedido está {{4}}.",
        "en": "A payment for order {{1}} has come: {{2}} by {{3}}. The order is {{4}}.",
        "pt": "Entrou um pagamento do pedido {{1}}: {{2}} por {{3}}. O pedido está {{4}}.",
    },
)
RATE_ALERT = PhoneTemplate(
    "shop_rate_alert",
    {"currency": "VES", "kind": "Large move", "detail": "From 100 to 112.5 by bcv: +12.50 %."},
    {
        "es": "Aviso sobre la tasa de {{1}} ({{2}}): {{3}} Revísalo en el panel de la tienda.",
        "en": "Alert about the rate of {{1}} ({{2}}): {{3}} Look at it in the shop's admin.",
        "pt": "Aviso sobre a taxa de {{1}} ({{2}}): {{3}} Veja no painel da loja.",
    },
)
LOW_STOCK = PhoneTemplate(
    "shop_low_stock",
    {"count": "2", "goods": "RX-78-2 (GUN-1): 3; Zaku II (ZAK-2): 0"},
    {
        "es": "Quedan pocas unidades de {{1}} productos: {{2}}. El resto está en el panel de la tienda.",
        "en": "Few units are left of {{1}} goods: {{2}}. The rest is in the shop's admin.",
        "pt": "Restam poucas unidades de {{1}} produtos: {{2}}. O resto está no painel da loja.",
    },
)
SYSTEM_ERROR = PhoneTemplate(
    "shop_system_error",
    {"where": "POST /api/v1/checkout/", "error": "OperationalError"},
    {
        "es": "Algo falla en la tienda, en {{1}}: {{2}}. Avisa a quien la mantiene.",
        "en": "Something fails in the shop, at {{1}}: {{2}}. Tell whoever looks after it.",
        "pt": "Algo falha na loja, em {{1}}: {{2}}. Avise quem cuida dela.",
    },
)
ORDER_CONFIRMED = PhoneTemplate(
    "shop_order_confirmed",
    {"name": "Ana", "number": "ORD-100001", "amount": "US$ 52.00", "method": "Pago Móvil", "state": "pagado"},
    {
        "es": "Hola, {{1}}: tu pedido {{2}} está confirmado. Total: {{3}} ({{4}}, {{5}}). Te avisaremos cuando salga.",
        "en": "Hello {{1}}, your order {{2}} is confirmed. Total: {{3}} ({{4}}, {{5}}). "
        "We will tell you when it is on its way.",
        "pt": "Olá, {{1}}: o seu pedido {{2}} está confirmado. Total: {{3}} ({{4}}, {{5}}). "
        "Avisaremos quando ele sair.",
    },
)
ORDER_SHIPPED = PhoneTemplate(
    "shop_order_shipped",
    {"name": "Ana", "number": "ORD-100001", "carrier": "MRW", "tracking": "MRW123456789"},
    {
        "es": "Hola, {{1}}: tu pedido {{2}} va en camino con {{3}}. Número de guía: {{4}}. Gracias por tu compra.",
        "en": "Hello {{1}}, your order {{2}} is on its way with {{3}}. Tracking number: {{4}}. Thank you for buying.",
        "pt": "Olá, {{1}}: o seu pedido {{2}} está a caminho com {{3}}. Código de rastreio: {{4}}. Obrigado!",
    },
)
TEST = PhoneTemplate(
    "shop_test",
    {"shop": "Mecha Shop"},
    {
        "es": "Prueba de {{1}}: los avisos por WhatsApp llegan.",
        "en": "A test from {{1}}: messages by WhatsApp arrive.",
        "pt": "Teste de {{1}}: os avisos por WhatsApp chegam.",
    },
)

ACCOUNT_CODE = PhoneTemplate(
    "shop_account_code",
    {"code": "031415"},
    {
        "es": "*{{1}}* es tu código de verificación. Por tu seguridad, no lo compartas.",
        "en": "*{{1}}* is your verification code. For your security, do not share this code.",
        "pt": "*{{1}}* é o seu código de verificação. Para sua segurança, não o compartilhe.",
    },
    code_minutes=settings.STEP_UP_MINUTES,
)

_TO_THE_OWNER = (NEW_ORDER, PAYMENT_TO_VERIFY, PAYMENT_CONFIRMED, RATE_ALERT, LOW_STOCK, SYSTEM_ERROR)
TEMPLATES = {one.name: one for one in (*_TO_THE_OWNER, ORDER_CONFIRMED, ORDER_SHIPPED, TEST, ACCOUNT_CODE)}

_WAYS = {
    "stripe": {"es": "tarjeta", "en": "card", "pt": "cartão"},
    "paypal": dict.fromkeys(("es", "en", "pt"), "PayPal"),
    "paystack": dict.fromkeys(("es", "en", "pt"), "Paystack"),
    "pago_movil": dict.fromkeys(("es", "en", "pt"), "Pago Móvil"),
    "bank_transfer": {"es": "transferencia", "en": "bank transfer", "pt": "transferência"},
    "cash_on_pickup": {"es": "efectivo al retirar", "en": "cash on pick-up", "pt": "dinheiro na retirada"},
    "cash_on_delivery": {"es": "efectivo al recibir", "en": "cash on delivery", "pt": "dinheiro na entrega"},
}
_STATES = {
    True: {"es": "pagado", "en": "paid", "pt": "pago"},
    False: {"es": "por pagar", "en": "to be paid", "pt": "a pagar"},
}


def way_of_paying(provider: str, language: str) -> str:
    """What people call it; a way that is new here keeps its own name."""
    return _WAYS.get(provider, {}).get(language) or provider.replace("_", " ")


def state_of_paying(language: str, *, is_paid: bool) -> str:
    return _STATES[is_paid][language]
