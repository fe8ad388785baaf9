//! The words of the noise, by language.

use domain::Language;

/// What a language puts around mails.
pub(super) struct Words {
    pub(super) greetings: [&'static str; 4],
    pub(super) endings: [&'static str; 4],
    pub(super) signatures: [&'static str; 3],
    pub(super) disclaimers: [&'static str; 2],
    pub(super) introductions: [&'static str; 2],
    pub(super) threads: [&'static str; 5],
}

impl Words {
    pub(super) const fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &EN,
            Language::De => &DE,
            Language::Fr => &FR,
            Language::Es => &ES,
            Language::It => &IT,
            Language::Pt => &PT,
            Language::Nl => &NL,
        }
    }
}

const EN: Words = Words {
    greetings: ["Hi there,", "Dear support team,", "Hello,", "Good afternoon,"],
    endings: ["Kind regards,", "Many thanks in advance,", "Best,", "Thank you,"],
    signatures: [
        "Jordan Ellis\nOffice Manager\nBramble & Co Ltd\n+44 20 7946 0102",
        "Sam\n\nSent from my phone",
        "Priya N.\nwww.example.org",
    ],
    disclaimers: [
        "This e-mail and any attachments are confidential and intended for the addressee only. If you have received it in error, please delete it and cancel its distribution. No refund, payment or contract arises from this message unless confirmed in writing.",
        "Please consider the environment before printing this e-mail. Registered in England no. 01234567. We accept no liability for viruses.",
    ],
    introductions: [
        "On Tue, 3 Nov 2026 at 09:14, Billing <billing@example.com> wrote:",
        "On 2 Nov 2026, at 18:02, Support wrote:",
    ],
    threads: [
        "Hello,\nyour refund has been issued and should arrive within five days.\nBilling",
        "Dear customer,\nyour invoice for November is attached. It is due on the 15th.",
        "Hi,\nyour subscription will renew on 1 December. You can cancel at any time.",
        "Hello,\nyour last payment was declined. Please update your card in the portal.",
        "Thanks for writing in. A colleague will look at this shortly.",
    ],
};

const DE: Words = Words {
    greetings: ["Hallo,", "Sehr geehrte Damen und Herren,", "Guten Tag,", "Liebes Team,"],
    endings: ["Mit freundlichen Grüßen", "Viele Grüße", "Besten Dank im Voraus", "Beste Grüße"],
    signatures: [
        "Sabine Krüger\nVerwaltung\nKrüger & Söhne GmbH\nTel. +49 30 901820",
        "Jonas\n\nVon meinem Handy gesendet",
        "M. Albrecht\nwww.example.org",
    ],
    disclaimers: [
        "Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind, informieren Sie bitte den Absender und löschen Sie diese Nachricht. Aus dieser Nachricht entsteht kein Anspruch auf Zahlung oder Erstattung.",
        "Geschäftsführer: Peter Krüger. Amtsgericht Berlin, HRB 12345. Bitte denken Sie an die Umwelt, bevor Sie diese E-Mail drucken.",
    ],
    introductions: [
        "Am Di., 3. Nov. 2026 um 09:14 Uhr schrieb Abrechnung <billing@example.com>:",
        "Am 02.11.2026 um 18:02 schrieb Support:",
    ],
    threads: [
        "Guten Tag,\nIhre Erstattung wurde veranlasst und trifft in fünf Tagen ein.",
        "Sehr geehrte Kundin,\nanbei Ihre Rechnung für November. Sie ist am 15. fällig.",
        "Hallo,\nIhr Abo verlängert sich am 1. Dezember. Sie können jederzeit kündigen.",
        "Hallo,\nIhre letzte Zahlung wurde abgelehnt. Bitte ändern Sie Ihre Karte im Kundenportal.",
        "Danke für Ihre Nachricht. Wir melden uns in Kürze.",
    ],
};

const FR: Words = Words {
    greetings: ["Bonjour,", "Madame, Monsieur,", "Bonsoir,", "Chère équipe,"],
    endings: ["Cordialement,", "Bien à vous,", "Merci d'avance,", "Salutations distinguées,"],
    signatures: [
        "Claire Dubreuil\nAssistante de direction\nAtelier Dubreuil SARL\n01 40 20 50 50",
        "Hugo\n\nEnvoyé de mon téléphone",
        "N. Ferrand\nwww.example.org",
    ],
    disclaimers: [
        "Ce message et ses pièces jointes sont confidentiels et destinés à leur seul destinataire. Si vous l'avez reçu par erreur, merci de le supprimer et d'en avertir l'expéditeur. Il ne vaut ni engagement ni remboursement.",
        "Pensez à l'environnement avant d'imprimer ce message. SARL au capital de 8 000 €.",
    ],
    introductions: [
        "Le mar. 3 nov. 2026 à 09:14, Facturation <billing@example.com> a écrit :",
        "Le 2 nov. 2026 à 18:02, Support a écrit :",
    ],
    threads: [
        "Bonjour,\nvotre remboursement a été effectué, il arrivera sous cinq jours.",
        "Cher client,\nvous trouverez ci-joint votre facture de novembre, à régler avant le 15.",
        "Bonjour,\nvotre abonnement sera renouvelé le 1er décembre. Vous pouvez résilier à tout moment.",
        "Bonjour,\nvotre dernier paiement a été refusé. Merci de changer de carte dans l'espace client.",
        "Merci de votre message. Un collègue vous répondra bientôt.",
    ],
};

const ES: Words = Words {
    greetings: ["Hola:", "Buenos días:", "Estimados señores:", "Buenas tardes:"],
    endings: ["Un saludo,", "Muchas gracias de antemano,", "Saludos cordiales,", "Atentamente,"],
    signatures: [
        "Lucía Ferrer\nAdministración\nFerrer e Hijos S. L.\n91 123 45 67",
        "Pablo\n\nEnviado desde mi móvil",
        "R. Ibáñez\nwww.example.org",
    ],
    disclaimers: [
        "Este mensaje y sus anexos son confidenciales y van dirigidos solo a su destinatario. Si lo ha recibido por error, le rogamos que lo elimine y avise al remitente. No supone compromiso de pago ni de devolución.",
        "Antes de imprimir este mensaje, piense en el medio ambiente. Inscrita en el Registro Mercantil de Madrid.",
    ],
    introductions: [
        "El mar, 3 nov 2026 a las 9:14, Facturación (<billing@example.com>) escribió:",
        "El 2 nov 2026, a las 18:02, Soporte escribió:",
    ],
    threads: [
        "Hola:\nsu reembolso se ha emitido y llegará en cinco días.",
        "Estimado cliente:\nadjuntamos su factura de noviembre, que vence el día 15.",
        "Hola:\nsu suscripción se renovará el 1 de diciembre. Puede cancelarla cuando quiera.",
        "Hola:\nsu último pago fue rechazado. Actualice su tarjeta en el portal.",
        "Gracias por escribirnos. Un compañero le responderá en breve.",
    ],
};

const IT: Words = Words {
    greetings: ["Buongiorno,", "Gentili signori,", "Salve,", "Spett.le assistenza,"],
    endings: ["Cordiali saluti", "Grazie in anticipo", "Distinti saluti", "Un saluto"],
    signatures: [
        "Chiara Bassi\nAmministrazione\nBassi S.r.l.\n02 1234567",
        "Luca\n\nInviato dal mio telefono",
        "G. Moretti\nwww.example.org",
    ],
    disclaimers: [
        "Questo messaggio e i suoi allegati sono riservati e destinati al solo destinatario. Se lo avete ricevuto per errore, vi preghiamo di eliminarlo e di avvisare il mittente. Non comporta alcun impegno di pagamento o rimborso.",
        "Prima di stampare questa e-mail pensate all'ambiente. Iscritta al Registro delle imprese di Milano.",
    ],
    introductions: [
        "Il giorno mar 3 nov 2026 alle ore 09:14 Fatturazione <billing@example.com> ha scritto:",
        "Il 2 nov 2026, alle ore 18:02, Supporto ha scritto:",
    ],
    threads: [
        "Buongiorno,\nil suo rimborso è stato emesso e arriverà entro cinque giorni.",
        "Gentile cliente,\nin allegato la fattura di novembre, in scadenza il 15.",
        "Buongiorno,\nil suo abbonamento si rinnoverà il 1° dicembre. Può disdire in ogni momento.",
        "Buongiorno,\nl'ultimo pagamento è stato rifiutato. Aggiorni la carta nel portale.",
        "Grazie per averci scritto. Un collega le risponderà a breve.",
    ],
};

const PT: Words = Words {
    greetings: ["Olá,", "Bom dia,", "Exmos. Senhores,", "Boa tarde,"],
    endings: ["Com os melhores cumprimentos,", "Obrigado desde já,", "Atenciosamente,", "Um abraço,"],
    signatures: [
        "Inês Carvalho\nAdministração\nCarvalho & Filhos, Lda.\n21 123 45 67",
        "Rui\n\nEnviado do meu telemóvel",
        "T. Nogueira\nwww.example.org",
    ],
    disclaimers: [
        "Esta mensagem e os seus anexos são confidenciais e destinam-se apenas ao destinatário. Se a recebeu por engano, elimine-a e avise o remetente. Não constitui compromisso de pagamento nem de reembolso.",
        "Pense no ambiente antes de imprimir esta mensagem. Matriculada na Conservatória de Lisboa.",
    ],
    introductions: [
        "Em ter., 3 de nov. de 2026 às 09:14, Faturação <billing@example.com> escreveu:",
        "Em 2 de nov. de 2026, às 18:02, Suporte escreveu:",
    ],
    threads: [
        "Olá,\no seu reembolso foi emitido e chega dentro de cinco dias.",
        "Caro cliente,\nsegue em anexo a fatura de novembro, que vence no dia 15.",
        "Olá,\na sua assinatura renova a 1 de dezembro. Pode cancelar quando quiser.",
        "Olá,\no último pagamento foi recusado. Atualize o cartão no portal.",
        "Obrigado pela sua mensagem. Um colega responderá em breve.",
    ],
};

const NL: Words = Words {
    greetings: ["Hallo,", "Beste,", "Geachte heer, mevrouw,", "Goedemiddag,"],
    endings: ["Met vriendelijke groet,", "Alvast bedankt,", "Groeten,", "Hoogachtend,"],
    signatures: [
        "Marieke de Wit\nAdministratie\nDe Wit BV\n020 123 45 67",
        "Sven\n\nVerzonden vanaf mijn telefoon",
        "J. Bakker\nwww.example.org",
    ],
    disclaimers: [
        "Dit bericht en de bijlagen zijn vertrouwelijk en alleen bestemd voor de geadresseerde. Hebt u het ten onrechte ontvangen, verwijder het dan en meld het de afzender. Aan dit bericht kan geen recht op betaling of terugbetaling worden ontleend.",
        "Denk aan het milieu voordat u deze e-mail print. Ingeschreven bij de Kamer van Koophandel.",
    ],
    introductions: [
        "Op di 3 nov. 2026 om 09:14 schreef Facturatie <billing@example.com>:",
        "Op 2 nov. 2026 om 18:02 schreef Support:",
    ],
    threads: [
        "Hallo,\nuw terugbetaling is verwerkt en komt binnen vijf dagen aan.",
        "Beste klant,\nbijgaand uw factuur van november, te betalen voor de 15e.",
        "Hallo,\nuw abonnement wordt op 1 december verlengd. U kunt altijd opzeggen.",
        "Hallo,\nuw laatste betaling is geweigerd. Pas uw kaart aan in het portaal.",
        "Bedankt voor uw bericht. Een collega antwoordt spoedig.",
    ],
};
