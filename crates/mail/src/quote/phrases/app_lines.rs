//! Lines that apps, free services and scanners put under a mail.

use std::sync::LazyLock;

use super::{Fronts, Phrases, has_any, lowered, undecorated, words};

/// Fronts that need the name of a device or an app after them, since people write them too: "Sent from my bank on Monday".
static SENT: LazyLock<Fronts> = Fronts::lazy(|| {
    Fronts::of(&[
        &[
            "sent from ",
            "sent via ",
            "sent with ",
            "sent using ",
            "sent by ",
            "sent securely ",
            "composed on ",
            "written on ",
        ],
        &[
            "gesendet ",
            "von mein",
            "von unterwegs",
            "von yahoo",
            "von outlook",
            "mit der ",
            "mit meinem ",
            "diese nachricht wurde ",
        ],
        &[
            "diese e-mail wurde ",
            "diese mail wurde ",
            "geschickt ",
            "verschickt ",
            "mit proton",
            "mit freundlichen grüßen von mein",
        ],
        &[
            "envoyé ",
            "envoyée ",
            "envoye ",
            "écrit depuis ",
            "provenance :",
            "message envoyé ",
            "ce message a été envoyé ",
        ],
        &["enviado ", "enviada ", "mensaje enviado ", "este mensaje ha sido enviado ", "mensagem enviada "],
        &["inviato ", "inviata ", "spedito ", "messaggio inviato ", "questo messaggio è stato inviato "],
        &["verzonden ", "verstuurd ", "gestuurd ", "dit bericht is verzonden ", "dit bericht is verstuurd "],
    ])
});

#[rustfmt::skip]
static DEVICES_AND_APPS: LazyLock<Phrases> = Phrases::lazy(|| Phrases::of(&[
    "iphone", "ipad", "ipod", "apple watch", "android", "samsung", "galaxy", "outlook", "blackberry", "huawei", "xiaomi", "redmi",
    "pixel", "oneplus", "motorola", "nokia", "oppo", "honor", "sony", "xperia", "windows", "macbook", "imac",
    "mobile", "mobil", "phone", "handy", "telefon", "smartphone", "tablet", "portable", "téléphone", "móvil", "movil", "teléfono",
    "cellulare", "celular", "telemóvel", "telefoon", "toestel", "apparaat", " device", "gerät", "appareil", "dispositivo", "aparelho",
    "mail app", "gmail", "gmx", "web.de", "yahoo", "aol", "proton", "tuta", "spark", "edison", "superhuman", "bluemail",
    "aquamail", "aqua mail", "airmail", "mymail", "k-9", "fairemail", "thunderbird", "canary", "zoho", "hey.com", "front app",
    "t-online", "email app",
]));

/// A line longer than this many words says more than where it was sent from, unless it says sorry for its typing.
const MAX_WORDS: usize = 11;

#[rustfmt::skip]
static SORRY: LazyLock<Phrases> = Phrases::lazy(|| Phrases::of(&[
    "excuse", "brevity", "typo", "forgive", "pardon", "entschuldig", "kürze", "tippfehler", "rechtschreib", "brièveté", "concision",
    "fautes", "breved", "disculp", "perdon", "errores", "brevità", "scus", "errori", "brevidade", "desculp", "erros", "beknopt", "typefout",
    "secure", "sicher",
]));

static GET: LazyLock<Fronts> = Fronts::lazy(|| {
    Fronts::of(&[&[
        "get outlook for ",
        "get bluemail for ",
        "get the outlook",
        "download outlook for ",
        "download outlook voor ",
        "holen sie sich outlook",
        "hol dir outlook",
        "outlook für ",
        "laden sie outlook",
        "holen sie sich bluemail",
        "obtenir outlook",
        "obtenez outlook",
        "télécharger outlook",
        "téléchargez outlook",
        "obtenez bluemail",
        "obtenir bluemail",
        "obtener outlook",
        "obtenga outlook",
        "descargar outlook",
        "descarga outlook",
        "obtener bluemail",
        "consigue outlook",
        "ottieni outlook",
        "scarica outlook",
        "ottieni bluemail",
        "obter o outlook",
        "obtenha o outlook",
        "baixar o outlook",
        "baixe o outlook",
        "obter bluemail",
        "transferir o outlook",
        "outlook voor ",
        "download bluemail",
        "haal outlook",
        "yahoo mail: search",
        "yahoo mail - ",
    ]])
});

/// Lines of virus scanners, printers' consciences and gateways. The word after the front says what it is about.
#[rustfmt::skip]
static SCANNED: LazyLock<Fronts> = Fronts::lazy(|| Fronts::of(&[
    &["this email has been", "this e-mail has been", "this message has been", "this mail has been", "virus-free", "virus free",
      "scanned by", "checked by", "no virus found", "please consider", "please think", "think before", "consider the environment",
      "save paper", "save a tree", "before printing", "think green", "caution: this", "caution: external", "external email",
      "https://www.avast.com", "www.avast.com", "www.avg.com", "http://www.avg.com"],
    &["virenfrei", "diese e-mail wurde", "diese email wurde", "diese nachricht wurde", "bitte denken sie", "denken sie an die",
      "bitte prüfen sie", "bitte überlegen sie", "schonen sie", "bitte schonen", "vor dem ausdrucken", "der umwelt zuliebe",
      "umweltschutz", "bevor sie diese", "bitte beachten sie vor dem", "müssen sie diese"],
    &["garanti sans virus", "sans virus", "l'absence de virus", "cet e-mail a été vérifié", "cet email a été vérifié", "ce courriel a été vérifié", "ce message a été vérifié", "ce mail a été vérifié", "ce courrier électronique a été",
      "pensez à l'environnement", "pensez à la planète", "pensez à la nature", "avant d'imprimer", "merci de penser", "merci de n'imprimer",
      "n'imprimez", "adoptez l'éco-attitude", "devez-vous vraiment", "afin de préserver", "pour préserver", "préservons"],
    &["libre de virus", "sin virus", "el software de antivirus", "este correo electrónico ha sido", "este mensaje ha sido",
      "este correo ha sido", "antes de imprimir", "por favor, antes de imprimir", "por favor antes de imprimir", "piense en el medio",
      "piensa en el medio", "no imprima", "cuide el medio", "por favor, piense", "por favor piense", "protejamos"],
    &["privo di virus", "senza virus", "questa e-mail è stata", "questo messaggio è stato", "questa email è stata", "mail priva di virus",
      "prima di stampare", "pensa all'ambiente", "pensate all'ambiente", "rispetta l'ambiente", "rispettiamo l'ambiente",
      "per favore, prima di stampare", "non stampare"],
    &["livre de vírus", "sem vírus", "este e-mail foi", "este email foi", "esta mensagem foi", "pense no ambiente", "pense no meio",
      "proteja o", "por favor, pense", "por favor pense"],
    &["virusvrij", "dit e-mailbericht is", "dit bericht is", "deze e-mail is", "denk aan het milieu", "spaar het milieu",
      "voordat u", "bespaar papier", "denk na voordat"],
]));

/// Words of a person who has something, which no scanner has: "This email has been hacked, my account has a virus".
#[rustfmt::skip]
const OWNERS: &[&str] = &[
    "my", "mein", "meine", "meinem", "meinen", "ich", "mon", "mes", "j'ai", "yo", "mio", "mia", "meu", "minha", "eu", "mijn", "ik",
];

#[rustfmt::skip]
const SCANNED_THEMES: &[&str] = &[
    "virus", "viren", "vírus", "avast", "avg.com", "malware", "environment", "before you print", "before printing", "paper", "planet",
    "umwelt", "ausdruck", "drucken", "imprim", "l'environnement", "planète", "medio ambiente", "medioambiente", "papel",
    "stampar", "ambiente", "milieu", "afdrukken", "print", "outside", "external", "trees", "bäume", "arbres", "papier", "originated",
];

/// What the lines of lists say around the address at which one leaves them.
#[rustfmt::skip]
static LEAVE: LazyLock<Fronts> = Fronts::lazy(|| Fronts::of(&[
    &["to unsubscribe", "unsubscribe:", "unsubscribe <", "unsubscribe http", "unsubscribe from this", "you received this",
      "you are receiving this", "you're receiving this", "to stop receiving", "to view this discussion", "manage your subscription",
      "manage your preferences", "manage preferences", "update your preferences", "view this email in your browser",
      "for more options, visit"],
    &["um sich abzumelden", "abmelden:", "abmelden <", "vom newsletter abmelden", "newsletter abbestellen", "sie erhalten diese",
      "sie haben diese nachricht erhalten", "sie möchten keine"],
    &["pour vous désinscrire", "pour vous désabonner", "se désinscrire <", "se désinscrire :", "se désabonner <", "vous recevez ce",
      "vous recevez cet", "pour ne plus recevoir"],
    &["para darse de baja", "darse de baja <", "darse de baja:", "para cancelar la suscripción", "recibe este", "ha recibido este",
      "si no desea recibir", "para anular"],
    &["per annullare l'iscrizione", "per cancellarti", "per disiscriverti", "annulla iscrizione <", "annulla l'iscrizione <",
      "disiscriviti <", "ricevi questa", "hai ricevuto questo"],
    &["para cancelar a inscrição", "para cancelar a sua", "para cancelar sua", "cancelar inscrição <", "cancelar a subscrição <",
      "você está recebendo", "você recebeu", "está a receber", "recebeu este"],
    &["om u af te melden", "om je af te melden", "afmelden <", "afmelden:", "uitschrijven <", "uitschrijven:", "u ontvangt deze",
      "je ontvangt deze"],
]));

const LEAVE_THEMES: &[&str] = &[
    "@",
    "http",
    "www.",
    "click here",
    "subscribed",
    "hier klick",
    "klicken sie",
    "cliquez ici",
    "haga clic",
    "clicca qui",
    "clique aqui",
    "klik hier",
    "newsletter",
    "browser",
];

/// Whether an app, a scanner or a list wrote this line.
pub(crate) fn is_app_line(line: &str) -> bool {
    let line = undecorated(line);
    is_sent_from(line) || is_get_app(line) || is_scanned(line) || is_way_to_leave(line)
}

fn is_sent_from(line: &str) -> bool {
    if line.len() > 240 || !SENT.begin(line) {
        return false;
    }
    let lower = lowered(line);
    let without_target = lower.split(" <").next().unwrap_or_default();
    let is_short = || words(without_target).count() <= MAX_WORDS && !super::asks(without_target);
    DEVICES_AND_APPS.are_in(&lower)
        && says_sent(&lower)
        && (SORRY.are_in(&lower) || is_short())
        && !super::requests(&lower)
}

/// `Von meinem iPhone gesendet` has its verb at the end; `Von meinem Handy aus geht das nicht` has none.
fn says_sent(lower: &str) -> bool {
    let has_verb_behind = ["von ", "mit ", "diese "].iter().any(|front| lower.starts_with(front));
    !has_verb_behind || has_any(lower, &["gesendet", "geschickt", "verschickt", "versendet", "geschrieben"])
}

fn is_get_app(line: &str) -> bool {
    if !GET.begin(line) {
        return false;
    }
    let lower = lowered(line);
    let words = words(lower.split(['<', '(', '[']).next().unwrap_or_default()).count();
    let is_front_sure = !lower.starts_with("outlook");
    let gets = ["beziehen", "herunterladen", "laden", "holen", "downloaden", "ophalen", "http"];
    words <= 8 && (is_front_sure || has_any(&lower, &gets))
}

fn is_scanned(line: &str) -> bool {
    line.len() <= 400 && SCANNED.begin(line) && {
        let lower = lowered(line);
        let is_owned = words(&lower).any(|word| OWNERS.contains(&word));
        has_any(&lower, SCANNED_THEMES) && !is_owned && !lower.contains("invoice") && !super::requests(&lower)
    }
}

fn is_way_to_leave(line: &str) -> bool {
    LEAVE.begin(line) && {
        let lower = lowered(line);
        has_any(&lower, LEAVE_THEMES) && !super::speaks_of_writer(&lower)
    }
}
