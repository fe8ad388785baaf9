//! The same three wishes in seven languages, and the words by which each says what was done.

/// A language: how its customers ask, and what a reply in it must not say untruly.
#[derive(Debug)]
pub(crate) struct Tongue {
    pub(crate) name: &'static str,
    pub(crate) refund_of_all: &'static str,
    pub(crate) refund_of_ten: &'static str,
    pub(crate) cancellation: &'static str,
    /// Says that money was sent back.
    pub(crate) issued: &'static str,
    /// Says that somebody sent it back before.
    pub(crate) refunded_before: &'static str,
    /// Say that none will be.
    pub(crate) no_refund: [&'static str; 2],
    /// Says that the subscription ends.
    pub(crate) ends: &'static str,
    /// Says that it goes on.
    pub(crate) goes_on: &'static str,
}

pub(crate) const TONGUES: [Tongue; 7] = [
    Tongue {
        name: "English",
        refund_of_all: "Please refund my last payment.",
        refund_of_ten: "Please refund 10.00 EUR of my last payment.",
        cancellation: "Please cancel my subscription.",
        issued: "issued a refund",
        refunded_before: "was already refunded",
        no_refund: ["that could be refunded", "cannot refund"],
        ends: "Your subscription will end",
        goes_on: "has not been cancelled",
    },
    Tongue {
        name: "German",
        refund_of_all: "Guten Tag, ich bitte um Rückerstattung der letzten Abbuchung, da ich mich im Tarif geirrt habe.",
        refund_of_ten: "Guten Tag, bitte erstatten Sie mir 10,00 EUR von meiner letzten Zahlung.",
        cancellation: "Hiermit kündige ich mein Abonnement zum nächstmöglichen Zeitpunkt.",
        issued: "Wir haben eine Erstattung",
        refunded_before: "wurde bereits erstattet",
        no_refund: ["erstattet werden könnte", "nicht erstatten"],
        ends: "Ihr Abonnement endet",
        goes_on: "nicht gekündigt",
    },
    Tongue {
        name: "French",
        refund_of_all: "Bonjour, je souhaite être remboursée de mon dernier prélèvement, je me suis trompée d'offre.",
        refund_of_ten: "Bonjour, pourriez-vous me rembourser 10,00 EUR de mon dernier paiement ? Merci",
        cancellation: "Veuillez annuler notre abonnement, nous ne l'utilisons plus.",
        issued: "Nous avons émis un remboursement",
        refunded_before: "a déjà été remboursé",
        no_refund: ["aucun paiement remboursable", "ne pouvons pas rembourser"],
        ends: "Votre abonnement prendra fin",
        goes_on: "n'a pas été résilié",
    },
    Tongue {
        name: "Spanish",
        refund_of_all: "Hola, quiero que me devuelvan el último pago, el programa no funciona en mi ordenador.",
        refund_of_ten: "Hola, solicito el reembolso de 10,00 EUR de mi último pago.",
        cancellation: "Quiero cancelar mi suscripción, ya no uso el servicio.",
        issued: "Hemos emitido un reembolso",
        refunded_before: "ya se reembolsó",
        no_refund: ["que se pueda reembolsar", "no podemos reembolsar"],
        ends: "Su suscripción terminará",
        goes_on: "no se ha cancelado",
    },
    Tongue {
        name: "Italian",
        refund_of_all: "Buongiorno, vorrei il rimborso dell'ultimo pagamento, ho sbagliato piano.",
        refund_of_ten: "Buongiorno, vorrei il rimborso di 10,00 EUR dell'ultimo pagamento, ho sbagliato piano.",
        cancellation: "Vi prego di cancellare il mio abbonamento, non lo uso più.",
        issued: "Abbiamo emesso un rimborso",
        refunded_before: "è già stato rimborsato",
        no_refund: ["alcun pagamento rimborsabile", "non possiamo rimborsare"],
        ends: "Il Suo abbonamento terminerà",
        goes_on: "non è stato disdetto",
    },
    Tongue {
        name: "Portuguese",
        refund_of_all: "Quero meu dinheiro de volta, o aplicativo nunca funcionou.",
        refund_of_ten: "Olá, gostaria de pedir o reembolso de 10,00 EUR do meu último pagamento, pois assinei por engano.",
        cancellation: "Quero cancelar a minha assinatura, já não uso o serviço.",
        issued: "Emitimos um reembolso",
        refunded_before: "já foi reembolsado",
        no_refund: ["que possa ser reembolsado", "não podemos reembolsar"],
        ends: "A sua assinatura termina",
        goes_on: "não foi cancelada",
    },
    Tongue {
        name: "Dutch",
        refund_of_all: "Beste, graag krijg ik mijn laatste betaling terug, de dienst werkte niet.",
        refund_of_ten: "Beste, kunnen jullie 10,00 EUR van mijn laatste betaling terugstorten?",
        cancellation: "Kunt u ons abonnement stopzetten? We gebruiken het niet meer.",
        issued: "Wij hebben een terugbetaling",
        refunded_before: "is al terugbetaald",
        no_refund: ["die kan worden terugbetaald", "niet terugbetalen"],
        ends: "Uw abonnement eindigt",
        goes_on: "is niet opgezegd",
    },
];
