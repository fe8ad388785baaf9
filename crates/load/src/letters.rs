//! What customers write, in seven languages: short requests that can mean one thing only, and the words around them.

use domain::intent::Label;
use domain::{Function, Language};

/// A language's words.
#[derive(Debug)]
pub struct Letter {
    /// Which.
    pub language: Language,
    /// Before the request.
    pub greeting: &'static str,
    /// After it.
    pub closing: &'static str,
    /// What stands above a quoted mail.
    pub wrote: &'static str,
    /// Sentences of earlier mails that ask for nothing; quoted until a mail is as long as it should be.
    pub history: [&'static str; 4],
    /// A subject and a request for each intent.
    requests: [(&'static str, &'static str); 8],
}

impl Letter {
    /// The subject and the request of an intent.
    pub const fn request(&self, label: Label) -> (&'static str, &'static str) {
        let [invoice, subscription, payment, refund, link, portal, cancel, none] = self.requests;
        match label {
            Label::Ask(Function::InvoiceLookup) => invoice,
            Label::Ask(Function::SubscriptionStatus) => subscription,
            Label::Ask(Function::PaymentStatus) => payment,
            Label::Ask(Function::Refund) => refund,
            Label::Ask(Function::PaymentLink) => link,
            Label::Ask(Function::PortalLink) => portal,
            Label::Ask(Function::CancelSubscription) => cancel,
            Label::None => none,
        }
    }
}

/// All of them.
pub const LETTERS: &[Letter] = &[
    Letter {
        language: Language::En,
        greeting: "Hello,",
        closing: "Kind regards",
        wrote: "On Tue, 17 Nov 2026 at 10:12, Larkspur <billing@larkspur.example> wrote:",
        history: [
            "Thank you for your message. We are glad that the new rehearsal planner works well for your choir.",
            "The notes for the spring concert can be shared with all singers; they open them on their phones.",
            "Our office is closed on Friday because of the holiday. From Monday on we are there for you again.",
            "The seating plan can be printed in two sizes, and the larger one fits on the door of the hall.",
        ],
        requests: [
            (
                "Copy of our invoice",
                "Could you please send me a copy of my latest invoice? Our treasurer needs it for the books.",
            ),
            ("Our subscription", "When does our subscription renew, and which plan are we on at the moment?"),
            (
                "Did my payment arrive?",
                "Has my last payment gone through? I would like to know whether it has arrived.",
            ),
            ("Refund please", "I was charged by mistake this month. Please refund my last payment."),
            (
                "Link to pay",
                "Could you please send me a payment link, so that I can pay the open invoice by card?",
            ),
            (
                "Change of card",
                "I would like to change the card you have on file. Could you send me the link to the customer portal?",
            ),
            ("Cancellation", "Please cancel my subscription at the end of the current period."),
            (
                "Thank you",
                "Thank you very much for your quick help last week. Everything works now and the rehearsal went well.",
            ),
        ],
    },
    Letter {
        language: Language::De,
        greeting: "Guten Tag,",
        closing: "Mit freundlichen Grüßen",
        wrote: "Am Di., 17. Nov. 2026 um 10:12 Uhr schrieb Larkspur <billing@larkspur.example>:",
        history: [
            "vielen Dank für Ihre Nachricht. Schön, dass der neue Probenplaner in Ihrem Chor gut ankommt.",
            "Die Noten für das Frühjahrskonzert können Sie mit allen Stimmen teilen, sie öffnen sich am Telefon.",
            "Unser Büro ist am Freitag wegen des Feiertags geschlossen, ab Montag sind wir wieder für Sie da.",
            "Den Sitzplan gibt es in zwei Größen zum Ausdrucken, der größere passt an die Tür des Saals.",
        ],
        requests: [
            (
                "Kopie der Rechnung",
                "könnten Sie mir bitte eine Kopie meiner letzten Rechnung schicken? Unsere Kassenwartin braucht sie für die Buchhaltung.",
            ),
            ("Unser Abo", "wann verlängert sich unser Abo, und welchen Tarif haben wir im Moment?"),
            (
                "Zahlung angekommen?",
                "ist meine letzte Zahlung durchgegangen? Ich möchte wissen, ob sie bei Ihnen angekommen ist.",
            ),
            (
                "Rückerstattung",
                "mir wurde in diesem Monat versehentlich Geld abgebucht. Bitte erstatten Sie mir die letzte Zahlung zurück.",
            ),
            (
                "Zahlungslink",
                "könnten Sie mir bitte einen Zahlungslink schicken, damit ich die offene Rechnung mit Karte bezahlen kann?",
            ),
            (
                "Neue Karte",
                "ich möchte die hinterlegte Karte ändern. Könnten Sie mir den Link zum Kundenportal schicken?",
            ),
            ("Kündigung", "bitte kündigen Sie mein Abo zum Ende der laufenden Periode."),
            (
                "Danke",
                "vielen Dank für Ihre schnelle Hilfe in der letzten Woche. Jetzt funktioniert alles, und die Probe ist gut verlaufen.",
            ),
        ],
    },
    Letter {
        language: Language::Fr,
        greeting: "Bonjour,",
        closing: "Bien cordialement",
        wrote: "Le mar. 17 nov. 2026 à 10:12, Larkspur <billing@larkspur.example> a écrit :",
        history: [
            "Merci de votre message. Nous sommes ravis que le nouveau planning des répétitions plaise à votre chœur.",
            "Les partitions du concert de printemps peuvent être partagées avec tous les choristes.",
            "Notre bureau est fermé vendredi en raison du jour férié ; nous serons de retour lundi.",
            "Le plan de salle s'imprime en deux formats, et le plus grand tient sur la porte.",
        ],
        requests: [
            (
                "Copie de la facture",
                "Pourriez-vous m'envoyer une copie de ma dernière facture ? Notre trésorière en a besoin pour la comptabilité.",
            ),
            (
                "Notre abonnement",
                "Quand notre abonnement se renouvelle-t-il, et quelle formule avons-nous actuellement ?",
            ),
            (
                "Paiement reçu ?",
                "Mon dernier paiement est-il bien passé ? J'aimerais savoir si vous l'avez reçu.",
            ),
            (
                "Remboursement",
                "J'ai été débité par erreur ce mois-ci. Merci de me rembourser mon dernier paiement.",
            ),
            (
                "Lien de paiement",
                "Pourriez-vous m'envoyer un lien de paiement pour que je puisse régler la facture ouverte par carte ?",
            ),
            (
                "Changement de carte",
                "Je voudrais changer la carte enregistrée. Pourriez-vous m'envoyer le lien vers l'espace client ?",
            ),
            ("Résiliation", "Merci de résilier mon abonnement à la fin de la période en cours."),
            (
                "Merci",
                "Un grand merci pour votre aide rapide la semaine dernière. Tout fonctionne et la répétition s'est bien passée.",
            ),
        ],
    },
    Letter {
        language: Language::Es,
        greeting: "Buenos días:",
        closing: "Un cordial saludo",
        wrote: "El mar, 17 nov 2026 a las 10:12, Larkspur <billing@larkspur.example> escribió:",
        history: [
            "Gracias por su mensaje. Nos alegra que el nuevo calendario de ensayos guste en su coro.",
            "Las partituras del concierto de primavera se pueden compartir con todas las voces.",
            "Nuestra oficina cierra el viernes por ser festivo; el lunes volvemos a estar con ustedes.",
            "El plano de asientos se imprime en dos tamaños y el grande cabe en la puerta de la sala.",
        ],
        requests: [
            (
                "Copia de la factura",
                "¿Podrían enviarme una copia de mi última factura? La necesita nuestra tesorera para la contabilidad.",
            ),
            ("Nuestra suscripción", "¿Cuándo se renueva nuestra suscripción y qué plan tenemos ahora mismo?"),
            (
                "¿Llegó mi pago?",
                "¿Ha llegado mi último pago? Me gustaría saber si se ha realizado correctamente.",
            ),
            ("Reembolso", "Este mes me han cobrado por error. Por favor, devuélvanme el último pago."),
            (
                "Enlace de pago",
                "¿Podrían enviarme un enlace de pago para abonar con tarjeta la factura pendiente?",
            ),
            (
                "Cambio de tarjeta",
                "Quiero cambiar la tarjeta que tienen registrada. ¿Podrían enviarme el enlace al portal de clientes?",
            ),
            ("Baja", "Por favor, cancelen mi suscripción al final del periodo actual."),
            (
                "Gracias",
                "Muchas gracias por su rápida ayuda la semana pasada. Ya funciona todo y el ensayo salió muy bien.",
            ),
        ],
    },
    Letter {
        language: Language::It,
        greeting: "Buongiorno,",
        closing: "Cordiali saluti",
        wrote: "Il giorno mar 17 nov 2026 alle ore 10:12 Larkspur <billing@larkspur.example> ha scritto:",
        history: [
            "Grazie del messaggio. Siamo contenti che il nuovo calendario delle prove piaccia al vostro coro.",
            "Gli spartiti del concerto di primavera si possono condividere con tutti i coristi.",
            "Il nostro ufficio è chiuso venerdì per la festività; da lunedì siamo di nuovo a disposizione.",
            "La pianta della sala si stampa in due formati, e il più grande sta sulla porta.",
        ],
        requests: [
            (
                "Copia della fattura",
                "Potreste inviarmi una copia della mia ultima fattura? Serve alla nostra tesoriera per la contabilità.",
            ),
            (
                "Il nostro abbonamento",
                "Quando si rinnova il nostro abbonamento e quale piano abbiamo in questo momento?",
            ),
            (
                "Pagamento arrivato?",
                "Il mio ultimo pagamento è andato a buon fine? Vorrei sapere se è arrivato.",
            ),
            (
                "Rimborso",
                "Questo mese mi è stato addebitato un importo per errore. Vi chiedo il rimborso dell'ultimo pagamento.",
            ),
            (
                "Link di pagamento",
                "Potreste inviarmi un link di pagamento per saldare con carta la fattura aperta?",
            ),
            (
                "Cambio carta",
                "Vorrei cambiare la carta registrata. Potreste mandarmi il link al portale clienti?",
            ),
            ("Disdetta", "Vi prego di disdire il mio abbonamento alla fine del periodo in corso."),
            (
                "Grazie",
                "Grazie mille per il vostro rapido aiuto della settimana scorsa. Ora funziona tutto e la prova è andata bene.",
            ),
        ],
    },
    Letter {
        language: Language::Pt,
        greeting: "Bom dia,",
        closing: "Com os melhores cumprimentos",
        wrote: "Em ter., 17 de nov. de 2026 às 10:12, Larkspur <billing@larkspur.example> escreveu:",
        history: [
            "Obrigado pela sua mensagem. Ficamos contentes por o novo calendário de ensaios agradar ao vosso coro.",
            "As partituras do concerto da primavera podem ser partilhadas com todas as vozes.",
            "O nosso escritório está fechado na sexta-feira por ser feriado; voltamos na segunda-feira.",
            "A planta da sala imprime-se em dois tamanhos, e o maior cabe na porta.",
        ],
        requests: [
            (
                "Cópia da fatura",
                "Podiam enviar-me uma cópia da minha última fatura? A nossa tesoureira precisa dela para a contabilidade.",
            ),
            ("A nossa assinatura", "Quando se renova a nossa assinatura e que plano temos neste momento?"),
            ("Pagamento recebido?", "O meu último pagamento foi recebido? Gostaria de saber se chegou."),
            ("Reembolso", "Este mês fui cobrado por engano. Por favor, reembolsem o meu último pagamento."),
            (
                "Link de pagamento",
                "Podiam enviar-me um link de pagamento para eu pagar a fatura em aberto com cartão?",
            ),
            (
                "Mudança de cartão",
                "Quero mudar o cartão registado. Podiam enviar-me o link para o portal do cliente?",
            ),
            ("Cancelamento", "Por favor, cancelem a minha assinatura no fim do período atual."),
            (
                "Obrigado",
                "Muito obrigado pela ajuda rápida na semana passada. Agora funciona tudo e o ensaio correu bem.",
            ),
        ],
    },
    Letter {
        language: Language::Nl,
        greeting: "Goedendag,",
        closing: "Met vriendelijke groet",
        wrote: "Op di 17 nov 2026 om 10:12 schreef Larkspur <billing@larkspur.example>:",
        history: [
            "Bedankt voor je bericht. Fijn dat de nieuwe repetitieplanner goed bevalt in jullie koor.",
            "De bladmuziek voor het voorjaarsconcert kun je met alle stemmen delen.",
            "Ons kantoor is vrijdag gesloten vanwege de feestdag; vanaf maandag zijn we er weer.",
            "De plattegrond van de zaal is in twee formaten te printen, en de grootste past op de deur.",
        ],
        requests: [
            (
                "Kopie van de factuur",
                "Kunnen jullie mij een kopie van mijn laatste factuur sturen? Onze penningmeester heeft die nodig voor de boekhouding.",
            ),
            (
                "Ons abonnement",
                "Wanneer wordt ons abonnement verlengd en welk abonnement hebben we op dit moment?",
            ),
            (
                "Betaling binnen?",
                "Is mijn laatste betaling binnengekomen? Ik wil graag weten of hij gelukt is.",
            ),
            (
                "Terugbetaling",
                "Deze maand is er per ongeluk geld afgeschreven. Willen jullie mijn laatste betaling terugstorten?",
            ),
            (
                "Betaallink",
                "Kunnen jullie mij een betaallink sturen, zodat ik de openstaande factuur met mijn kaart kan betalen?",
            ),
            (
                "Andere kaart",
                "Ik wil de kaart wijzigen die bij jullie bekend is. Kunnen jullie mij de link naar het klantenportaal sturen?",
            ),
            ("Opzegging", "Willen jullie mijn abonnement opzeggen aan het einde van de lopende periode?"),
            (
                "Bedankt",
                "Hartelijk dank voor de snelle hulp van vorige week. Alles werkt nu en de repetitie ging goed.",
            ),
        ],
    },
];
