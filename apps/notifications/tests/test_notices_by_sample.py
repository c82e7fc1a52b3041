"""What the notices say that no test of a use case reads in all three languages: their subject and a sentence."""

from html import unescape

import pytest

from apps.notifications.rendering import render
from apps.notifications.samples import states_of

SAID = {
    "verify_email": {
        "es": ("Confirma tu correo electrónico", "El enlace funciona una vez, durante 24 horas."),
        "en": ("Confirm your e-mail address", "The link works once, for 24 hours."),
        "pt": ("Confirme o seu e-mail", "O link funciona uma vez, durante 24 horas."),
    },
    "welcome": {
        "es": ("Te damos la bienvenida a Mecha Shop", "Tu cuenta está lista."),
        "en": ("Welcome to Mecha Shop", "Your account is ready."),
        "pt": ("Boas-vindas à loja Mecha Shop", "Sua conta está pronta."),
    },
    "reset_password": {
        "es": ("Elige una contraseña nueva", "El enlace funciona una vez, durante una hora."),
        "en": ("Choose a new password", "The link works once, for an hour."),
        "pt": ("Escolha uma nova senha", "O link funciona uma vez, durante uma hora."),
    },
    "new_device": {
        "es": ("Nuevo inicio de sesión en tu cuenta", "Alguien acaba de entrar a tu cuenta desde un dispositivo"),
        "en": ("New sign-in to your account", "Somebody has just signed in to your account on a device"),
        "pt": ("Novo acesso à sua conta", "Alguém acabou de entrar na sua conta em um dispositivo"),
    },
    "suspicious_sign_in": {
        "es": ("Entradas inusuales a tu cuenta", "se entró a tu cuenta desde 4 redes distintas."),
        "en": ("Unusual sign-ins to your account", "was signed in to from 4 different networks."),
        "pt": ("Acessos incomuns à sua conta", "houve acessos à sua conta a partir de 4 redes diferentes."),
    },
    "session_reused": {
        "es": ("Cerramos la sesión en uno de tus dispositivos", "se usó desde dos lugares a la vez"),
        "en": ("We have signed out one of your devices", "was used from two places at once"),
        "pt": ("Encerramos a sessão em um dos seus dispositivos", "foi usada em dois lugares ao mesmo tempo"),
    },
    "data_export": {
        "es": ("Tus datos están listos", "El enlace funciona durante 48 horas"),
        "en": ("Your data is ready", "The link works for 48 hours"),
        "pt": ("Seus dados estão prontos", "O link funciona por 48 horas"),
    },
    "account_erased": {
        "es": ("Tu cuenta fue eliminada", "tu dirección queda libre para una cuenta nueva."),
        "en": ("Your account was erased", "your address is free for a new account."),
        "pt": ("Sua conta foi apagada", "o seu endereço fica livre para uma nova conta."),
    },
    "password_changed": {
        "es": ("Tu contraseña cambió", "se cerró la sesión en tus otros dispositivos."),
        "en": ("Your password has changed", "your other devices were signed out."),
        "pt": ("A sua senha mudou", "a sessão nos seus outros dispositivos foi encerrada."),
    },
    "phone_changed": {
        "es": ("Tu teléfono cambió", "Tu cuenta tiene ahora otro teléfono, +58•••67."),
        "en": ("Your phone number has changed", "Your account has another phone number now, +58•••67."),
        "pt": ("O seu telefone mudou", "A sua conta tem agora outro telefone, +58•••67."),
    },
    "payment_failed": {
        "es": ("El pago de tu pedido ORD-100001 no se completó", "no se cobró nada."),
        "en": ("Your payment for the order ORD-100001 has not gone through", "no money was taken."),
        "pt": ("O pagamento do seu pedido ORD-100001 não foi concluído", "nada foi cobrado."),
    },
    "order_expired": {
        "es": ("Tu pedido ORD-100001 venció", "No recibimos a tiempo el pago de tu pedido ORD-100001"),
        "en": (
            "Your order ORD-100001 has expired",
            "We have not received the payment for your order ORD-100001 in time",
        ),
        "pt": ("Seu pedido ORD-100001 expirou", "Não recebemos a tempo o pagamento do seu pedido ORD-100001"),
    },
    "order_cancelled": {
        "es": ("Tu pedido ORD-100001 está cancelado", "Si ya lo pagaste, te devolvemos todo el dinero"),
        "en": ("Your order ORD-100001 is cancelled", "If you have paid for it, all of the money goes back to you"),
        "pt": ("Seu pedido ORD-100001 está cancelado", "Se você já pagou, devolvemos todo o dinheiro"),
    },
    "order_shipped": {
        "es": ("Tu pedido ORD-100001 va en camino", "Número de seguimiento: MRW123456789"),
        "en": ("Your order ORD-100001 is on its way", "Tracking number: MRW123456789"),
        "pt": ("Seu pedido ORD-100001 está a caminho", "Código de rastreio: MRW123456789"),
    },
    "refund_sent": {
        "es": ("Te devolvimos dinero por tu pedido ORD-100001", "Te devolvimos 60,00\u00a0US$ por tu pedido"),
        "en": ("We have sent back money for your order ORD-100001", "We have sent back US$60.00 for your order"),
        "pt": ("Devolvemos dinheiro pelo seu pedido ORD-100001", "Devolvemos US$\u00a060,00 pelo seu pedido"),
    },
    "store_invitation": {
        "es": ("Mecha Shop te invita", "Te invitan a trabajar en la tienda Mecha Shop."),
        "en": ("Mecha Shop invites you", "You are invited to work in the store Mecha Shop."),
        "pt": ("Mecha Shop convida você", "Você foi convidado a trabalhar na loja Mecha Shop."),
    },
    "payment_returned": {
        "es": ("Te devolvemos el pago de tu pedido ORD-100001", "Te devolvemos todo ese dinero."),
        "en": ("Your payment for the order ORD-100001 goes back to you", "All of this money goes back to you."),
        "pt": ("Devolvemos o pagamento do seu pedido ORD-100001", "Devolvemos todo esse dinheiro."),
    },
    "staff_new_order": {
        "es": ("Pedido nuevo ORD-100001: 60,00 US$", "Ana Pérez (ana@example.com) hizo un pedido:"),
        "en": ("New order ORD-100001: US$60.00", "Ana Pérez (ana@example.com) has ordered:"),
        "pt": ("Pedido novo ORD-100001: US$ 60,00", "Ana Pérez (ana@example.com) fez um pedido:"),
    },
    "staff_payment_to_verify": {
        "es": ("Pago por verificar: pedido ORD-100001", "con la referencia 012345678901."),
        "en": ("Payment to verify: order ORD-100001", "under the reference 012345678901."),
        "pt": ("Pagamento a verificar: pedido ORD-100001", "com a referência 012345678901."),
    },
    "staff_case": {  # a discrepancy, among others; cases are in English
        "es": ("Un caso te necesita: Wrong amount", "Se trata del pedido ORD-100001."),
        "en": ("A case needs you: Wrong amount", "It concerns the order ORD-100001."),
        "pt": ("Um caso precisa de você: Wrong amount", "Trata-se do pedido ORD-100001."),
    },
}


@pytest.mark.parametrize("language", ["es", "en", "pt"])
@pytest.mark.parametrize("template", SAID)
def test_a_notice_is_read_in_each_language_in_text_and_html(template, language):
    subject, sentence = SAID[template][language]

    words = render(template, language=language, context=next(iter(states_of(template).values())))

    assert words.subject == subject
    assert sentence in words.text
    assert sentence in unescape(words.html)
