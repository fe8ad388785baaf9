//! What customers write, about 2 kB each: the first paragraph asks, the others tell.

/// What somebody writes in one language.
pub(crate) struct Letter {
    pub(crate) subject: &'static str,
    pub(crate) greeting: &'static str,
    pub(crate) paragraphs: [&'static str; 5],
    pub(crate) closing: &'static str,
    pub(crate) wrote: &'static str,
}

pub(crate) const LETTERS: [Letter; 8] = [
    Letter {
        subject: "Charged twice for October",
        greeting: "Hello Larkspur team,",
        paragraphs: [
            "Could you please refund one of the two charges of $49.00 that you took on 3 October? I have one workspace and one seat, so there should only ever be a single payment a month. The invoice in my account is ABCD1234-0007.",
            "I first saw it last night when I went through the statement of our business card. Both lines carry your name, both are dated the same day, and both are for the same sum. I asked my bank whether one of them might still be pending, and the man on the phone said no, both were collected, so he told me to write to you before he does anything from his side.",
            "To save you a question: I did not sign up a second time, I did not change the plan in September, and nobody else at the studio has the card. What I do remember is that the page froze when I renewed and that I reloaded it. Perhaps that sent the form again. My colleague had the same thing with her train tickets last spring, and there it was the reload as well.",
            "Apart from that I am glad to stay. The shared calendar has saved us a good hour every week since we started in March, and the new export is exactly what our bookkeeper wanted. If there is a setting that keeps this from happening again, tell me where it is and I will switch it on.",
            "I will be at the desk until Thursday, after that my phone is off until the Monday. If you need a picture of the statement I can send one, only the other lines on it are nobody's business, so I would black them out first.",
        ],
        closing: "Thanks and best wishes,\nMarta Keller\nStudio Nordlicht",
        wrote: "On Tue, 17 Nov 2026 at 10:42, Larkspur <billing@larkspur.example> wrote:",
    },
    Letter {
        subject: "Leaving at the end of the month",
        greeting: "Hi there,",
        paragraphs: [
            "please cancel my subscription at the end of this month, I don't need it any longer now that the choir has stopped. I looked for a button under Settings and under Billing and could not find one, so I hope a mail will do.",
            "For the record, we are thirty-one singers, of whom four are under seventy. Your lists were a blessing for the years in which we still had two concerts each season, a bus to order and the scores to hand round. Now our conductor has moved to the coast, and the hall that we rented is being turned into flats. We met one last time in September and decided that it was a good run.",
            "The account belongs to the address that I write from. The card on it ends in 4242, it is mine and not the society's, which is why I would like to see this done properly. My grandson says that I could simply block the card, but that does not seem right to me as long as you have done nothing wrong.",
            "There is a list of telephone numbers in the notes that I should like to keep. I have copied what I could by hand. If it is not too much trouble, tell me how long the data will stay where it is once the plan has run out, so that my daughter can help me with the rest when she visits.",
            "I want to say that your people were always kind. A lady called Priya once stayed on the telephone for the better part of an hour because I had typed the whole list into the wrong column. That is not something one forgets.",
        ],
        closing: "With kind regards,\nHarold Pemberton",
        wrote: "On Mon, Nov 16, 2026 at 9:03 AM Larkspur <hello@larkspur.example> wrote:",
    },
    Letter {
        subject: "Rechnung für Oktober fehlt",
        greeting: "Guten Tag,",
        paragraphs: [
            "könnten Sie mir bitte die Rechnung für Oktober noch einmal schicken? In meinem Postfach ist nur die vom September angekommen, und unser Steuerberater möchte die Unterlagen bis zum 20. November haben. Es geht um das Konto der Werkstatt Brückner.",
            "Abgebucht wurden am 5. Oktober 89,00 €, das ist auch der Betrag, den wir erwartet haben. Es fehlt also wirklich nur das Blatt dazu. Ich habe im Ordner für Werbung nachgesehen und die Kollegin am Empfang gefragt, weil die Adresse früher auf sie lief, aber bei ihr ist ebenfalls nichts eingegangen.",
            "Falls es an der Umstellung liegt: Seit dem 1. Oktober heißt unsere Firma Brückner und Söhne GmbH, die Anschrift ist gleich geblieben. Der neue Name sollte auf der Rechnung stehen, sonst erkennt das Finanzamt sie womöglich nicht an. Die Umsatzsteuer-Nummer hat sich nicht geändert und steht in unserem Profil.",
            "Sonst läuft alles gut. Die Jungs in der Halle haben sich an das Tablet gewöhnt, und seit die Fotos direkt am Auftrag hängen, sucht keiner mehr nach Zetteln. Nur das Laden der Übersicht dauert morgens manchmal eine halbe Minute, wenn alle gleichzeitig anfangen. Vielleicht kann sich das bei Gelegenheit jemand von Ihnen ansehen.",
            "Ich bin diese Woche von sieben bis sechzehn Uhr im Büro zu erreichen, am Freitag nur bis mittags. Eine kurze Antwort per Mail genügt mir völlig, anrufen müssen Sie deswegen nicht.",
        ],
        closing: "Mit freundlichen Grüßen\nAnnette Brückner",
        wrote: "Am 17.11.2026 um 10:42 schrieb Larkspur:",
    },
    Letter {
        subject: "Remboursement du mois de novembre",
        greeting: "Bonjour,",
        paragraphs: [
            "je vous prie de bien vouloir me rembourser le prélèvement de 29,00 € du 2 novembre. J'avais résilié mon abonnement le 18 octobre et j'ai reçu votre confirmation le jour même, ce paiement n'aurait donc jamais dû partir.",
            "Je comprends qu'une erreur puisse arriver, et je ne vous en veux pas. Mais nous sommes une petite librairie de quartier, la fin de l'année est le moment où chaque somme compte, et ma banque me demande maintenant si elle doit refuser vos prélèvements à l'avenir. Je préférerais que nous réglions cela entre nous.",
            "Pour que vous retrouviez le dossier plus vite : le compte est au nom de la librairie Les Trois Marches, la carte se termine par 1881, et le numéro de la facture est FACT2026-0311 dans mes papiers, mais il se peut que ce soit le mien et non le vôtre. Je joindrais volontiers la confirmation, seulement je ne l'ai plus que sur l'ancien téléphone.",
            "Nous avons quitté votre service sans colère. Notre caisse a changé, et le nouveau fournisseur livre la gestion du stock avec le reste. Ma collègue regrette d'ailleurs vos étiquettes, qu'elle trouvait bien plus jolies que celles d'aujourd'hui.",
            "Vous pouvez me répondre à cette adresse à toute heure. Je suis au magasin du mardi au samedi, et le lundi je fais les comptes, ce qui est peut-être le meilleur jour pour m'appeler si vous aviez une question.",
        ],
        closing: "Bien cordialement,\nSolène Marchetti",
        wrote: "Le mar. 17 nov. 2026 à 10:42, Larkspur <aide@larkspur.example> a écrit :",
    },
    Letter {
        subject: "¿Dónde está mi reembolso?",
        greeting: "Buenos días:",
        paragraphs: [
            "¿me pueden decir si ya salió el reembolso que pedí hace tres semanas? Eran 120 €, me confirmaron por correo que lo habían aprobado, y hasta hoy no ha llegado nada a mi cuenta ni a la tarjeta.",
            "Hablé con el banco el viernes. La señora que me atendió buscó en los movimientos pendientes y no encontró ninguno a nombre de ustedes, así que supongo que el dinero todavía no se ha enviado o que se fue a una tarjeta vieja. La que tenía antes caducó en septiembre, y la nueva termina en 0005.",
            "No es una cantidad enorme, pero la escuela cierra el año el 30 de noviembre y necesito justificar cada gasto delante de la asociación de padres. Si el reembolso llega después, tendré que explicarlo en la siguiente reunión, y ya saben cómo son esas reuniones cuando se habla de dinero.",
            "Por lo demás estamos contentos con el programa. Los niños mayores apuntan ellos mismos los libros que se llevan, y desde que usamos los códigos de colores apenas se pierde alguno. Lo único que echamos de menos es una versión que funcione cuando falla la conexión, que aquí en el pueblo pasa cada vez que llueve.",
            "Les agradezco de antemano la respuesta. Si hace falta que firme algo o que mande el extracto, díganmelo y lo preparo esta misma tarde, porque mañana salgo de viaje con los de sexto.",
        ],
        closing: "Un saludo,\nInmaculada Ferrer\nBiblioteca escolar",
        wrote: "El mar, 17 nov 2026 a las 10:42, Larkspur (<ayuda@larkspur.example>) escribió:",
    },
    Letter {
        subject: "Cambio della carta di credito",
        greeting: "Gentili signori,",
        paragraphs: [
            "vorrei sapere dove posso cambiare la carta con cui pago l'abbonamento e scaricare da solo le fatture degli ultimi mesi. Nel profilo vedo soltanto il nome e la lingua, mentre la parte dei pagamenti non si apre.",
            "La banca mi ha mandato una carta nuova perché quella vecchia scade a dicembre, e non voglio che il prossimo rinnovo venga rifiutato proprio durante le feste. L'anno scorso è successo con un altro servizio e abbiamo passato due giorni senza il listino, con i clienti in fila davanti al banco.",
            "Le fatture invece mi servono per la commercialista, che le vuole tutte insieme da luglio in avanti. Finora me le mandava mio fratello, ma da quando lavora a Trieste ci sentiamo poco, e mi sembra giusto imparare a farlo da me senza disturbare ogni volta voi o lui.",
            "Ho provato con il computer del negozio e con il telefono, con lo stesso risultato: la pagina resta bianca e gira la rotellina. Può darsi che manchi un permesso, perché il conto lo aveva aperto lui e io sono stata aggiunta dopo. In quel caso ditemi che cosa deve fare lui e glielo chiedo domenica a pranzo.",
            "Colgo l'occasione per farvi i complimenti per il nuovo calendario degli ordini. Le torte grandi non le dimentichiamo più, e perfino mia madre, che ha ottant'anni, ci guarda ogni mattina prima di accendere il forno.",
        ],
        closing: "Cordiali saluti,\nDonatella Furlan\nPasticceria Furlan",
        wrote: "Il giorno mar 17 nov 2026 alle ore 10:42 Larkspur <aiuto@larkspur.example> ha scritto:",
    },
    Letter {
        subject: "Pagamento recusado",
        greeting: "Olá,",
        paragraphs: [
            "o meu pagamento de R$ 79,90 foi recusado duas vezes esta semana e gostaria de saber se a cobrança passou ou não. No aplicativo do banco aparece como pendente, e no site de vocês diz que falta pagar.",
            "Tentei na segunda e de novo na quarta, sempre com o mesmo cartão, que tem limite de sobra e funciona em todos os outros lugares. Na segunda vez a página mostrou uma mensagem em inglês que eu não consegui ler até o fim, porque ela fechou sozinha depois de poucos segundos.",
            "O que me preocupa é acabar pagando em dobro. Somos uma oficina pequena, eu e o meu cunhado, e a conta da empresa fecha no dia 25. Se os dois valores saírem, vou ter de adiar a compra do material, e o cliente da escada já está esperando desde outubro.",
            "Também queria entender se o acesso continua até isso se resolver. Ontem à noite ainda consegui abrir os orçamentos, mas hoje de manhã o programa pediu a senha três vezes antes de entrar. Talvez não tenha nada a ver, só achei melhor contar.",
            "Qualquer coisa, estou neste endereço o dia todo. Se for mais fácil, posso mandar uma foto da tela do banco, desde que alguém me diga o que precisa aparecer nela e o que eu devo cobrir antes de enviar.",
        ],
        closing: "Um abraço,\nJoão Batista Nogueira",
        wrote: "Em ter., 17 de nov. de 2026 às 10:42, Larkspur <ajuda@larkspur.example> escreveu:",
    },
    Letter {
        subject: "Loopt ons abonnement nog?",
        greeting: "Beste mensen,",
        paragraphs: [
            "kunnen jullie mij laten weten tot wanneer ons abonnement loopt en op welk plan we nu zitten? Onze penningmeester is vorige maand gestopt en in zijn map vind ik drie verschillende data, waarvan er twee al voorbij zijn.",
            "Het gaat om de roeivereniging, met het account op dit adres. Volgens het oude jaarverslag betaalden we 15 euro per maand, maar op het afschrift van november staat een hoger bedrag. Dat kan kloppen als hij in de zomer plaatsen heeft bijgekocht voor de jeugd, alleen heeft hij dat dan nergens opgeschreven.",
            "Ik wil niets wijzigen voordat ik weet hoe het zit. In januari is de ledenvergadering, en daar beslissen we of we doorgaan met jullie of teruggaan naar het prikbord in de kantine. De meeste leden willen blijven, vooral de ploegen die 's ochtends vroeg varen en anders niet weten wie er meegaat.",
            "Als er een overzicht bestaat waarin ik dit soort dingen zelf kan terugvinden, hoor ik dat graag. Ik heb gezocht onder het tandwiel rechtsboven, maar daar kom ik alleen bij de kleuren en de taal uit. Misschien mis ik nog een recht dat de oude penningmeester wel had.",
            "Er is geen grote haast bij. Een antwoord in de loop van volgende week is vroeg genoeg, want op zaterdag hebben we de winterwedstrijd en tot die tijd sta ik vooral op het vlot met een stopwatch en koude handen.",
        ],
        closing: "Hartelijke groet,\nWietske van der Molen",
        wrote: "Op di 17 nov 2026 om 10:42 schreef Larkspur <hulp@larkspur.example>:",
    },
];
