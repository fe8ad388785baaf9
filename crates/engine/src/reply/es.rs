//! Spanish.

use domain::{Language, Money, Timestamp};

use super::{Decline, Interval, Price, RefundProgress, Saying, list, render_date};

#[allow(clippy::too_many_lines, reason = "a table of sentences, read from top to bottom")]
pub(super) fn say(saying: &Saying) -> String {
    match saying {
        Saying::InvoicePaid { number, total, issued } => {
            format!("Su factura {number} del {} por {} está pagada.", date(*issued), money(*total))
        }
        Saying::InvoiceOpen { number, remaining, due: Some(due) } => {
            format!("En su factura {number} quedan {} por pagar, con vencimiento el {}.", money(*remaining), date(*due))
        }
        Saying::InvoiceOpen { number, remaining, due: None } => {
            format!("En su factura {number} quedan {} por pagar.", money(*remaining))
        }
        Saying::InvoiceVoid { number } => format!("La factura {number} se anuló. No debe nada por ella."),
        Saying::InvoiceUncollectible { number, remaining } => {
            format!("La factura {number} no se pagó; quedan {} pendientes.", money(*remaining))
        }
        Saying::InvoiceRetry { on } => format!("El último intento de cobro no se pudo realizar. El próximo será el {}.", date(*on)),
        Saying::InvoiceChargedOn { on } => format!("Se cobrará automáticamente el {}.", date(*on)),
        Saying::InvoiceLink { url } => format!("Puede ver y descargar la factura aquí: {url}"),
        Saying::EarlierInvoices(lines) => list("Facturas anteriores:", lines, |line| {
            let state = line.open.map_or_else(|| "pagada".to_owned(), |open| format!("{} pendientes", money(open)));
            format!("{} del {}: {} ({state})", line.number, date(line.issued), money(line.total))
        }),
        Saying::NoInvoices => "Todavía no hay facturas en su cuenta.".to_owned(),
        Saying::PaymentSucceeded { amount, on, card } => {
            format!("Su pago de {} del {}{} se ha realizado correctamente.", money(*amount), date(*on), card_in_words(card.as_deref()))
        }
        Saying::PaymentPending { amount, on } => {
            format!("Su pago de {} del {} todavía lo está procesando el banco.", money(*amount), date(*on))
        }
        Saying::PaymentReserved { amount, on } => {
            format!("Su pago de {} del {} está reservado, pero no se ha cobrado.", money(*amount), date(*on))
        }
        Saying::PaymentCalledOff { amount, on } => {
            format!("Su pago de {} del {} se anuló. No se ha cobrado nada por él.", money(*amount), date(*on))
        }
        Saying::PaymentNotMade { amount } => format!("Su pago de {} todavía no se ha realizado.", money(*amount)),
        Saying::PaymentFailed { amount, on, why } => {
            format!("Su pago de {} del {} no se ha podido realizar: {}", money(*amount), date(*on), decline(*why))
        }
        Saying::PaymentNeedsConfirmation { amount } => {
            format!("Su pago de {} está a la espera de que lo confirme con su banco.", money(*amount))
        }
        Saying::ReceiptLink { url } => format!("Aquí tiene el recibo: {url}"),
        Saying::NoPayments => "Todavía no hay pagos en su cuenta.".to_owned(),
        Saying::RefundState { amount, on, state } => {
            let (amount, on) = (money(*amount), date(*on));
            match state {
                RefundProgress::Issued => format!("Su reembolso de {amount} se emitió el {on}. Los bancos suelen tardar entre 5 y 10 días laborables en mostrarlo."),
                RefundProgress::Pending => format!("Su reembolso de {amount} del {on} está en camino, pero aún no se ha completado."),
                RefundProgress::NeedsAction => format!("Su reembolso de {amount} del {on} necesita algo de su parte; habrá recibido un mensaje aparte."),
                RefundProgress::Failed => format!("El banco no pudo entregar su reembolso de {amount} del {on}. Un compañero lo revisará."),
                RefundProgress::Canceled => format!("Su reembolso de {amount} del {on} se anuló."),
            }
        }
        Saying::RefundReference { reference } => format!("Su banco puede buscar el reembolso con este número de referencia (ARN): {reference}"),
        Saying::LikelyDuplicate(lines) => {
            let payments = list("Hay dos pagos del mismo importe:", lines, |line| {
                format!("{} el {}{}", money(line.amount), date(line.on), card_in_words(line.card.as_deref()))
            });
            format!("{payments}\nSi uno de ellos es un error, basta con que responda a este mensaje y un compañero lo comprobará.")
        }
        Saying::PaymentDisputed { amount, on } => {
            format!("Su banco ha abierto una reclamación o una consulta sobre el pago de {} del {}. Un compañero le escribirá.", money(*amount), date(*on))
        }
        Saying::SubscriptionRuns { price, next } => {
            let renews = next.map(|next| format!(" y se renueva el {}", date(next))).unwrap_or_default();
            format!("Su suscripción{} está activa{renews}.", at(price.as_ref()))
        }
        Saying::SubscriptionEnds { on } => format!("Su suscripción está activa hasta el {} y después termina. No se renovará.", date(*on)),
        Saying::SubscriptionTrial { until, price } => {
            format!("Su período de prueba dura hasta el {}. Después comienza su suscripción{}.", date(*until), at(price.as_ref()))
        }
        Saying::SubscriptionPastDue { price } => {
            format!("Su suscripción{} sigue en curso, pero el último pago no se ha podido realizar.", at(price.as_ref()))
        }
        Saying::SubscriptionUnpaid { price } => {
            format!("La última factura de su suscripción{} no está pagada, y no habrá más intentos de cobro.", at(price.as_ref()))
        }
        Saying::SubscriptionPaused => "Su suscripción está en pausa en este momento.".to_owned(),
        Saying::SubscriptionEnded { on: Some(on) } => format!("Su suscripción terminó el {}.", date(*on)),
        Saying::SubscriptionEnded { on: None } => "Su suscripción ha terminado.".to_owned(),
        Saying::SubscriptionIncomplete => "Su suscripción aún no ha comenzado: falta el primer pago.".to_owned(),
        Saying::NoSubscription => "No hay ninguna suscripción en su cuenta.".to_owned(),
        Saying::RefundIssued { amount, charged, card } => format!(
            "Hemos emitido un reembolso de {} por su pago del {}{}. Los bancos suelen tardar entre 5 y 10 días laborables en mostrarlo.",
            money(*amount),
            date(*charged),
            card_in_words(card.as_deref())
        ),
        Saying::RefundedBefore { amount, charged } => {
            format!("Su pago del {} ya se reembolsó: {} en total.", date(*charged), money(*amount))
        }
        Saying::RefundWaits { amount } => {
            format!("Hemos recibido su solicitud de reembolso de {}. Un compañero la revisará y le escribirá.", money(*amount))
        }
        Saying::RefundDeclined { amount } => {
            format!("Hemos revisado su solicitud y no podemos reembolsar los {}. Si tiene alguna pregunta al respecto, basta con que responda a este mensaje.", money(*amount))
        }
        Saying::RequestExpired => "Lamentamos no haber podido decidir a tiempo sobre su solicitud. Un compañero la revisará y le escribirá.".to_owned(),
        Saying::PaymentPendingNoRefund { amount, on } => {
            format!("Su pago de {} del {} todavía lo está procesando el banco. Se podrá reembolsar en cuanto el banco lo haya completado.", money(*amount), date(*on))
        }
        Saying::PaymentUncaptured { amount, on } => {
            format!("Su pago de {} del {} solo está reservado y no se ha cobrado, así que no hay nada que reembolsar.", money(*amount), date(*on))
        }
        Saying::GuestFound { amount, on, card } => {
            format!("Hemos encontrado su pago de {} del {}{}, hecho sin cuenta.", money(*amount), date(*on), card_in_words(card.as_deref()))
        }
        Saying::WhichPayment(lines) => list("¿A cuál de estos pagos se refiere?", lines, |line| {
            format!("{} el {}{}", money(line.amount), date(line.on), card_in_words(line.card.as_deref()))
        }),
        Saying::WhichAmount { most } => {
            format!("¿Qué importe hay que reembolsar? Para este pago son posibles {} como máximo.", money(*most))
        }
        Saying::AmountTooHigh { most } => {
            format!("Para este pago se pueden reembolsar {} como máximo. ¿Desea que reembolsemos ese importe?", money(*most))
        }
        Saying::NothingRefundable => "No hay ningún pago en su cuenta que se pueda reembolsar.".to_owned(),
        Saying::ReferenceNotFound => {
            "No hemos encontrado en su cuenta el número que menciona. ¿Puede comprobarlo o indicarnos la fecha y el importe?".to_owned()
        }
        Saying::PaymentLink { amount, url } => format!("Puede pagar {} aquí: {url}", money(*amount)),
        Saying::NothingToPay => "No hay nada pendiente en su cuenta. ¿Qué importe desea pagar, y por qué concepto?".to_owned(),
        Saying::PortalSession { url } => format!("Puede gestionar su cuenta aquí. El enlace es personal y funciona durante poco tiempo: {url}"),
        Saying::PortalLogin { url } => {
            format!("Puede ver sus facturas y cambiar sus datos de pago usted mismo en cualquier momento, tras iniciar sesión con su correo electrónico: {url}")
        }
        Saying::CancellationSet { on: Some(on) } => {
            format!("Su suscripción terminará el {}. Puede usarla hasta entonces y no se renovará. Hasta entonces también puede cambiar de opinión: basta con que nos escriba.", date(*on))
        }
        Saying::CancellationSet { on: None } => "Su suscripción terminará con el período en curso. Hasta entonces también puede cambiar de opinión: basta con que nos escriba.".to_owned(),
        Saying::CancellationSetBefore { on: Some(on) } => format!("Su suscripción ya estaba programada para terminar el {}. Puede usarla hasta entonces y no tiene que hacer nada más.", date(*on)),
        Saying::CancellationSetBefore { on: None } => "Su suscripción ya estaba programada para terminar. No tiene que hacer nada más.".to_owned(),
        Saying::CancellationWaits => "Hemos recibido su cancelación. Un compañero se la confirmará.".to_owned(),
        Saying::CancellationDeclined => "Su suscripción no se ha cancelado. Un compañero le escribirá al respecto.".to_owned(),
        Saying::CancellationUndone { ends_no_more: Some(on) } => {
            format!("Hemos anulado la cancelación: su suscripción no termina el {} y continúa como antes.", date(*on))
        }
        Saying::CancellationUndone { ends_no_more: None } => "Hemos anulado la cancelación: su suscripción continúa como antes.".to_owned(),
        Saying::WhichSubscription(lines) => list("¿A cuál de sus suscripciones se refiere?", lines, |line| {
            let renews = line.next.map(|next| format!(", se renueva el {}", date(next))).unwrap_or_default();
            format!("la suscripción{}{renews}", at(line.price.as_ref()))
        }),
        Saying::WhichAccount => "Hay más de una cuenta con su correo electrónico. ¿Puede indicarnos el número de una factura reciente?".to_owned(),
        Saying::WhichCard => "¿Puede indicarnos las cuatro últimas cifras de la tarjeta con la que pagó?".to_owned(),
        Saying::Verify => "Para proteger su cuenta, debemos estar seguros de que esta solicitud es suya. Escríbanos de nuevo desde la dirección registrada o inicie sesión en su cuenta.".to_owned(),
        Saying::NoCustomer => "No hemos encontrado ninguna cuenta con este correo electrónico. ¿Con qué dirección se registró?".to_owned(),
        Saying::PersonAnswers => "Gracias por su mensaje. Un compañero lo revisará y le responderá personalmente.".to_owned(),
        Saying::RestByPerson => "Un compañero le responderá sobre el resto de su mensaje.".to_owned(),
    }
}

fn money(amount: Money) -> String {
    amount.render(Language::Es)
}

fn date(time: Timestamp) -> String {
    render_date(time, Language::Es)
}

fn card_in_words(last4: Option<&str>) -> String {
    last4.map(|last4| format!(" con la tarjeta terminada en {last4}")).unwrap_or_default()
}

fn at(price: Option<&Price>) -> String {
    let Some(Price { amount, every }) = price else { return String::new() };
    let every = match every {
        Interval::Day => "al día",
        Interval::Week => "a la semana",
        Interval::Month => "al mes",
        Interval::Year => "al año",
        Interval::Longer => "por período de facturación",
    };
    format!(" de {} {every}", money(*amount))
}

const fn decline(why: Decline) -> &'static str {
    match why {
        Decline::InsufficientFunds => "no había fondos suficientes.",
        Decline::LimitReached => {
            "se había alcanzado el límite de la tarjeta. Su banco puede darle más información."
        }
        Decline::ExpiredCard => "la tarjeta ha caducado.",
        Decline::WrongSecurityCode => "el código de seguridad (CVC) de la tarjeta no era correcto.",
        Decline::WrongDetails => "los datos de pago no eran correctos.",
        Decline::NeedsAuthentication => "el banco le pide que confirme el pago.",
        Decline::NotSupported => "la tarjeta no se puede usar para este tipo de pago.",
        Decline::TryAgain => {
            "no se pudo procesar por un motivo técnico. Puede simplemente volver a intentarlo."
        }
        Decline::ByBank => "su banco lo rechazó. Solo su banco puede decirle por qué; pregúntele, por favor.",
        Decline::NotAccepted => "no se aceptó. Pruebe con otra tarjeta u otra forma de pago.",
    }
}
