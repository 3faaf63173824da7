"""How mail programs of a dozen languages mark what they quote: data, and nothing else.

English, French, German, Italian, Spanish, Russian, Serbian (both scripts), Albanian, Macedonian, Romanian.
"""

import re

# What a line says that stands above a quotation: "On 12 November 2026 at 10:00, somebody wrote:".
WROTE = (
    "wrote", "writes", "a écrit", "schrieb", "hat geschrieben", "ha scritto", "escribió", "escribio", "написал", "написала",
    "написал(а)", "пишет", "написао", "написала", "написао/ла", "пише", "napisao", "napisala", "napisao/la", "piše",
    "shkroi", "ka shkruar", "напиша", "напишал", "a scris",
)  # fmt: skip
# What stands in a line of dashes above an original.
ORIGINALS = (
    "original message", "original appointment", "message d'origine", "message original", "ursprüngliche nachricht",
    "originalnachricht", "messaggio originale", "mensaje original", "исходное сообщение", "оригинална порука",
    "originalna poruka", "izvorna poruka", "mesazhi origjinal", "оригинална порака", "mesaj original", "mesajul original",
)  # fmt: skip
FORWARDED = (
    "forwarded message", "begin forwarded message", "message transféré", "message réexpédié", "weitergeleitete nachricht",
    "anfang der weitergeleiteten nachricht", "messaggio inoltrato", "inizio messaggio inoltrato", "mensaje reenviado",
    "пересланное сообщение", "пересылаемое сообщение", "прослеђена порука", "proslijeđena poruka", "prosleđena poruka",
    "mesazh i përcjellë", "препратена порака", "mesaj redirecționat", "mesaj redirectionat",
)  # fmt: skip
# The fields that stand above an original without marks at its lines.
LABELS = {
    "from": ("from", "de", "von", "da", "от", "от кого", "од", "od", "šalje", "шаље", "pošiljalac", "nga", "prej", "de la"),
    "sent": (
        "sent", "date", "envoyé", "envoyé le", "gesendet", "datum", "inviato", "data", "enviado", "enviado el", "fecha",
        "отправлено", "дата", "послато", "poslato", "датум", "poslano", "dërguar", "dërguar më", "испратено", "trimis",
    ),
    "to": ("to", "à", "a", "an", "para", "кому", "за", "za", "прима", "prima", "për", "drejtuar", "до", "către", "catre"),
    "subject": (
        "subject", "objet", "betreff", "oggetto", "asunto", "тема", "предмет", "naslov", "наслов", "tema", "predmet",
        "subjekti", "lënda", "subiect",
    ),
}  # fmt: skip


def _any_of(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_VERB = rf"(?<!\w)(?:{_any_of(WROTE)})(?!\w)"
ATTRIBUTION = re.compile(rf"(?=.*\d)(?:.*{_VERB}[^:]{{0,120}}|.*<[^<>\s]+@[^<>\s]+>\s*):\s*", re.IGNORECASE)
ORIGINAL = re.compile(rf"\s*[-–—_*]{{2,}}\s*(?:{_any_of(ORIGINALS)})\s*[-–—_*]{{2,}}\s*", re.IGNORECASE)
FORWARD = re.compile(rf"\s*[-–—_*]*\s*(?:{_any_of(FORWARDED)})\s*:?\s*[-–—_*]*\s*", re.IGNORECASE)
LABEL = {name: re.compile(rf"\s*\*?(?:{_any_of(words)})\s?\*?\s?:.*", re.IGNORECASE) for name, words in LABELS.items()}
RULER = re.compile(r"\s*[_-]{10,}\s*")
QUOTED = re.compile(r" ?>")
