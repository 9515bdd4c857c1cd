package policy

import (
	"fmt"
	"strings"
	"time"

	"kept/internal/calendar"
)

// A tongue is how one language says when, and what it says when a message has arrived.
type tongue struct {
	days   [7]string // Sunday first, as time.Weekday counts
	months [12]string
	soon   string // {day} {time}
	date   string // {day} {date} {month} {time}
	year   string // and {year}

	hello, helloName                string // {name}
	arrived, add, automatic, regard string // {by}
	rtl                             bool
}

var tongues = map[string]tongue{
	"en": {
		days:   [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		soon:   "by {day} {time}", date: "by {day}, {date} {month}, {time}", year: "by {day}, {date} {month} {year}, {time}",
		hello: "Hello,", helloName: "Hello {name},",
		arrived:   "Thank you for writing to us. Your message has arrived, and a person will answer you {by}.",
		add:       "If you would like to add something, simply reply to this mail.",
		automatic: "We sent this note automatically, so that you know where you stand.",
		regard:    "Warm regards",
	},
	"de": {
		days:   [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
		months: [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
		soon:   "bis {day}, {time} Uhr", date: "bis {day}, den {date}. {month}, {time} Uhr", year: "bis {day}, den {date}. {month} {year}, {time} Uhr",
		hello: "Guten Tag,", helloName: "Guten Tag {name},",
		arrived:   "vielen Dank für Ihre Nachricht. Sie ist gut bei uns angekommen, und ein Mensch antwortet Ihnen {by}.",
		add:       "Wenn Sie noch etwas ergänzen möchten, antworten Sie einfach auf diese E-Mail.",
		automatic: "Diese Zeilen haben wir automatisch geschickt, damit Sie wissen, woran Sie sind.",
		regard:    "Herzliche Grüße",
	},
	"es": {
		days:   [7]string{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"},
		months: [12]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
		soon:   "antes del {day} a las {time}", date: "antes del {day} {date} de {month} a las {time}", year: "antes del {day} {date} de {month} de {year} a las {time}",
		hello: "Hola:", helloName: "Hola, {name}:",
		arrived:   "Gracias por escribirnos. Hemos recibido su mensaje y una persona le responderá {by}.",
		add:       "Si desea añadir algo, basta con responder a este correo.",
		automatic: "Le enviamos esta nota automáticamente para que sepa a qué atenerse.",
		regard:    "Un cordial saludo",
	},
	"fr": {
		days:   [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
		months: [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		soon:   "d’ici {day} à {time}", date: "d’ici le {day} {date} {month} à {time}", year: "d’ici le {day} {date} {month} {year} à {time}",
		hello: "Bonjour,", helloName: "Bonjour {name},",
		arrived:   "Merci de nous avoir écrit. Votre message est bien arrivé, et une personne vous répondra {by}.",
		add:       "Si vous souhaitez ajouter quelque chose, répondez simplement à ce message.",
		automatic: "Nous vous envoyons ce mot automatiquement, pour que vous sachiez où en est votre demande.",
		regard:    "Bien cordialement",
	},
	"it": {
		days:   [7]string{"domenica", "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato"},
		months: [12]string{"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"},
		soon:   "entro {day} alle {time}", date: "entro {day} {date} {month} alle {time}", year: "entro {day} {date} {month} {year} alle {time}",
		hello: "Buongiorno,", helloName: "Buongiorno {name},",
		arrived:   "grazie per averci scritto. Il suo messaggio è arrivato e una persona le risponderà {by}.",
		add:       "Se desidera aggiungere qualcosa, basta rispondere a questa e-mail.",
		automatic: "Le inviamo questa nota automaticamente, perché sappia a che punto siamo.",
		regard:    "Cordiali saluti",
	},
	"pt": {
		days:   [7]string{"domingo", "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado"},
		months: [12]string{"janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"},
		soon:   "até {day} às {time}", date: "até {day}, {date} de {month}, às {time}", year: "até {day}, {date} de {month} de {year}, às {time}",
		hello: "Olá,", helloName: "Olá, {name},",
		arrived:   "Obrigado por nos escrever. A sua mensagem chegou bem, e uma pessoa vai responder {by}.",
		add:       "Se quiser acrescentar algo, basta responder a este e-mail.",
		automatic: "Enviamos esta nota automaticamente, para que saiba em que ponto estamos.",
		regard:    "Com os melhores cumprimentos",
	},
	"nl": {
		days:   [7]string{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"},
		months: [12]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"},
		soon:   "uiterlijk {day} om {time} uur", date: "uiterlijk {day} {date} {month} om {time} uur", year: "uiterlijk {day} {date} {month} {year} om {time} uur",
		hello: "Goedendag,", helloName: "Goedendag {name},",
		arrived:   "Bedankt voor uw bericht. Het is goed aangekomen, en u krijgt {by} antwoord van een van onze mensen.",
		add:       "Wilt u nog iets toevoegen, dan kunt u gewoon op deze e-mail antwoorden.",
		automatic: "We sturen u dit bericht automatisch, zodat u weet waar u aan toe bent.",
		regard:    "Met vriendelijke groet",
	},
	"ar": {
		days:   [7]string{"الأحد", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت"},
		months: [12]string{"يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"},
		soon:   "قبل يوم {day} الساعة {time}", date: "قبل يوم {day} {date} {month} الساعة {time}", year: "قبل يوم {day} {date} {month} {year} الساعة {time}",
		hello: "مرحبًا،", helloName: "مرحبًا {name}،",
		arrived:   "شكرًا لتواصلك معنا. لقد وصلتنا رسالتك، وسيرد عليك أحد أعضاء فريقنا {by}.",
		add:       "إذا أردت إضافة أي شيء، يكفي الرد على هذه الرسالة.",
		automatic: "أرسلنا هذا الإشعار تلقائيًا لتكون على اطلاع.",
		regard:    "مع أطيب التحيات",
		rtl:       true,
	},
}

// Languages are those in which Words and Acknowledgement are written.
var Languages = []string{"ar", "de", "en", "es", "fr", "it", "nl", "pt"}

// speak returns the first of the languages that we have ("de-AT" is "de"), or English.
func speak(languages ...string) (string, tongue) {
	for _, l := range languages {
		base, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(l), "_", "-"), "-")
		if t, ok := tongues[base]; ok {
			return base, t
		}
	}
	return "en", tongues["en"]
}

// Words says by when, as a reader in that zone and language would: "by Tuesday 14:00". A
// weekday alone is meant within six days from now; further away it comes with its date,
// and with the year where that is another one.
func Words(due, now time.Time, zone, language string) string {
	_, t := speak(language)
	return t.by(due, now, calendar.Zone(zone))
}

func (t tongue) by(due, now time.Time, zone *time.Location) string {
	due, now = due.In(zone), now.In(zone)
	form := t.soon
	switch {
	case due.Year() != now.Year() && !near(due, now):
		form = t.year
	case !near(due, now):
		form = t.date
	}
	return strings.NewReplacer("{day}", t.days[due.Weekday()], "{date}", fmt.Sprint(due.Day()), "{month}", t.months[due.Month()-1],
		"{year}", fmt.Sprint(due.Year()), "{time}", due.Format("15:04")).Replace(form)
}

// near reports whether a weekday alone says which day is meant: today and the six days to
// come have different names.
func near(due, now time.Time) bool {
	y, m, d := now.Date()
	from, to := time.Date(y, m, d, 0, 0, 0, 0, now.Location()), time.Date(y, m, d+7, 0, 0, 0, 0, now.Location())
	return !due.Before(from) && due.Before(to)
}

// zoneName is how the zone is called at that time: "CET", or "UTC+05:45" where it has no name.
func zoneName(at time.Time) string {
	name := at.Format("MST")
	if strings.ContainsAny(name, "+-0123456789") {
		return "UTC" + at.Format("-07:00")
	}
	return name
}
