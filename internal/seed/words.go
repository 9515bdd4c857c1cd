package seed

import (
	"strconv"
	"strings"
)

// A voice is what people write about in one language. {p} is a product, {n} a number,
// {w} the customer, {c} a place.
type voice struct {
	subjects, opening, matter, detail, closing, answer, remark []string
	products                                                   []string
	hello                                                      string
}

var places = []string{"Graz", "Lyon", "Bergen", "Porto", "Ghent", "Turin", "Málaga", "Leeds", "Gdańsk", "Aarhus", "Basel", "Cork"}

var voices = map[string]voice{
	"en": {
		products: []string{"commuter bike", "folding bike", "child seat", "pannier", "bottle dynamo", "saddle", "chain guard", "cargo trailer", "helmet lamp", "repair stand", "belt drive", "rain cape"},
		subjects: []string{"Order {n}: where is my {p}?", "The {p} rattles", "Wrong {p} delivered", "Invoice for order {n}", "Can the {p} be repaired?", "Return of a {p}", "Question about the {p}", "Delivery to {c}", "Missing screws for the {p}", "Thank you for the {p}", "Warranty of my {p}", "Change of address, order {n}"},
		opening:  []string{"Hello,", "Good morning,", "Dear all,", "Hi there,", "Good afternoon,"},
		matter:   []string{"I ordered a {p} three weeks ago (order {n}) and have heard nothing since the confirmation.", "the {p} you sent me makes a clicking noise whenever I ride uphill.", "I received a {p}, but I had asked for another size.", "could you send the invoice for order {n} again, this time with our VAT number on it?", "is it possible to have my {p} repaired in {c}, or do I have to send it to you?", "we would like to return a {p} that does not fit our storage room.", "does the {p} also fit the frame from the year before last?", "the courier left the parcel with order {n} at a house in {c} where I have not lived for a year."},
		detail:   []string{"The number on the frame ends in {n}.", "I have attached what I could find.", "My neighbour in {c} has the same one and hers is fine.", "It happened on a dry road, so rain cannot be the reason.", "We leave for {c} on Saturday and would love to take it with us.", "I have tried what the leaflet says on page four, twice.", "It is not urgent, but I would like to know before the end of the month.", "The shop in {c} sent me to you.", "I have paid by transfer, reference {n}."},
		closing:  []string{"Kind regards\n{w}", "Thanks a lot,\n{w}", "Best wishes\n{w}", "Many thanks in advance\n{w}"},
		answer:   []string{"Thank you for telling us about the {p}, and I am sorry for the trouble.", "I have looked at order {n}: it left our workshop yesterday and should reach {c} within three days.", "We will send you the right {p} today; please keep the other one until the courier comes.", "The noise comes from a washer that was fitted the wrong way round, which is our mistake.", "You need not send anything back. The new part is on its way.", "I will write to you again when the workshop in {c} has looked at it.", "The invoice with your number is attached to this mail."},
		remark:   []string{"Asked the workshop, they will look at it tomorrow.", "Same thing as order {n} last month.", "Called the courier: the parcel is in {c}.", "He prefers to be called in the evening."},
		hello:    "Thank you for writing to us. Your message has arrived, and a person will answer you.",
	},
	"de": {
		products: []string{"Stadtrad", "Faltrad", "Kindersitz", "Packtasche", "Dynamo", "Sattel", "Kettenschutz", "Lastenanhänger", "Helmlampe", "Montageständer", "Zahnriemen", "Regenumhang"},
		subjects: []string{"Bestellung {n}: Wo bleibt mein {p}?", "{p} klappert", "Falsche Lieferung, Bestellung {n}", "Rechnung zu {n}", "Reparatur: {p}", "Rückgabe {p}", "Frage zum Artikel {p}", "Lieferung nach {c}", "Es fehlen Schrauben ({p})", "Vielen Dank!", "Garantie {p}", "Neue Anschrift zu Bestellung {n}"},
		opening:  []string{"Guten Tag,", "Hallo zusammen,", "Sehr geehrte Damen und Herren,", "Guten Morgen,", "Grüß Gott,"},
		matter:   []string{"vor drei Wochen habe ich bestellt ({p}, Nummer {n}) und seit der Bestätigung nichts mehr gehört.", "seit der letzten Ausfahrt knackt etwas, sobald es bergauf geht; gekauft habe ich bei Ihnen: {p}.", "geliefert wurde leider die falsche Größe, Bestellung {n}.", "können Sie mir die Rechnung zu {n} bitte noch einmal schicken, diesmal mit unserer UID-Nummer?", "kann man das ({p}) in {c} reparieren lassen, oder muss ich es einschicken?", "wir möchten gern etwas zurückgeben, das nicht in unseren Keller passt: {p}.", "passt das Teil ({p}) auch an den Rahmen vom vorletzten Jahr?", "der Paketdienst hat die Sendung {n} in {c} abgegeben, wo ich seit einem Jahr nicht mehr wohne."},
		detail:   []string{"Die Rahmennummer endet auf {n}.", "Im Anhang finden Sie, was ich noch gefunden habe.", "Meine Nachbarin in {c} hat das gleiche und keine Schwierigkeiten damit.", "Die Straße war trocken, am Regen kann es also nicht liegen.", "Am Samstag fahren wir nach {c} und würden es gern mitnehmen.", "Was auf Seite vier der Anleitung steht, habe ich zweimal versucht.", "Es eilt nicht, aber bis Ende des Monats wüsste ich es gern.", "Das Geschäft in {c} hat mich an Sie verwiesen.", "Bezahlt habe ich mit Überweisung, Verwendungszweck {n}."},
		closing:  []string{"Mit freundlichen Grüßen\n{w}", "Vielen Dank und liebe Grüße\n{w}", "Beste Grüße\n{w}", "Danke im Voraus\n{w}"},
		answer:   []string{"vielen Dank für Ihre Nachricht, und es tut mir leid, dass Sie damit Mühe haben.", "ich habe mir Bestellung {n} angesehen: Sie hat unsere Werkstatt gestern verlassen und ist in drei Tagen in {c}.", "das richtige Stück geht heute noch an Sie ab; das andere nimmt der Bote wieder mit.", "das Geräusch kommt von einer Scheibe, die verkehrt herum eingebaut war. Das war unser Fehler.", "Sie müssen nichts zurückschicken. Das neue Teil ist unterwegs.", "sobald die Werkstatt in {c} nachgesehen hat, schreibe ich Ihnen wieder.", "die Rechnung mit Ihrer Nummer liegt diesem Schreiben bei."},
		remark:   []string{"Werkstatt gefragt, sie schauen morgen nach.", "Wie Bestellung {n} vom letzten Monat.", "Mit dem Paketdienst telefoniert: Es liegt in {c}.", "Er wird lieber am Abend angerufen."},
		hello:    "Vielen Dank für Ihre Nachricht. Sie ist gut angekommen, und ein Mensch antwortet Ihnen.",
	},
	"es": {
		products: []string{"bicicleta urbana", "bicicleta plegable", "silla infantil", "alforja", "dinamo", "sillín", "cubrecadena", "remolque", "lámpara de casco", "caballete", "correa", "capa de lluvia"},
		subjects: []string{"Pedido {n}: ¿dónde está?", "Ruido: {p}", "Artículo equivocado, pedido {n}", "Factura del pedido {n}", "¿Se puede reparar? ({p})", "Devolución: {p}", "Pregunta sobre: {p}", "Entrega en {c}", "Faltan tornillos ({p})", "Muchas gracias", "Garantía: {p}", "Cambio de dirección, pedido {n}"},
		opening:  []string{"Hola:", "Buenos días:", "Estimados señores:", "Buenas tardes:"},
		matter:   []string{"hace tres semanas hice el pedido {n} ({p}) y no sé nada desde la confirmación.", "lo que me enviaron ({p}) hace un ruido extraño cuando subo una cuesta.", "he recibido una talla que no era la que pedí; es el pedido {n}.", "¿pueden enviarme otra vez la factura del pedido {n}, esta vez con nuestro NIF?", "¿es posible repararla en {c}, o tengo que enviarla? Se trata de: {p}.", "queremos devolver un artículo que no cabe en nuestro trastero: {p}.", "¿sirve también para el cuadro de hace dos años? Me refiero a: {p}.", "el mensajero dejó el paquete {n} en {c}, donde ya no vivo desde hace un año."},
		detail:   []string{"El número del cuadro termina en {n}.", "Adjunto lo que he encontrado.", "Mi vecina de {c} tiene la misma y la suya va bien.", "La carretera estaba seca, así que no puede ser por la lluvia.", "El sábado nos vamos a {c} y nos encantaría llevarla.", "He probado dos veces lo que dice la página cuatro.", "No es urgente, pero me gustaría saberlo antes de fin de mes.", "La tienda de {c} me dio su dirección.", "Pagué por transferencia, referencia {n}."},
		closing:  []string{"Un saludo\n{w}", "Muchas gracias\n{w}", "Saludos cordiales\n{w}", "Gracias de antemano\n{w}"},
		answer:   []string{"gracias por contárnoslo, y siento las molestias.", "he mirado el pedido {n}: salió ayer de nuestro taller y llegará a {c} en tres días.", "hoy mismo le enviamos el correcto; guarde el otro hasta que pase el mensajero.", "el ruido viene de una arandela montada al revés, y el error es nuestro.", "no hace falta que devuelva nada. La pieza nueva ya está en camino.", "le escribiré de nuevo cuando el taller de {c} la haya visto.", "adjuntamos la factura con su número."},
		remark:   []string{"He preguntado al taller, lo miran mañana.", "Igual que el pedido {n} del mes pasado.", "He llamado al mensajero: está en {c}.", "Prefiere que le llamen por la tarde."},
		hello:    "Gracias por escribirnos. Hemos recibido su mensaje y una persona le responderá.",
	},
}

func voiceOf(language string) voice {
	if v, ok := voices[language]; ok {
		return v
	}
	return voices["en"]
}

// filled puts words into the gaps of a sentence, a gap being a letter in braces.
func (v voice) filled(r *rnd, text string, who someone) string {
	at := strings.IndexByte(text, '{')
	if at < 0 {
		return text
	}
	b := make([]byte, 0, len(text)+32)
	for ; at >= 0; at = strings.IndexByte(text, '{') {
		b = append(b, text[:at]...)
		switch text[at+1] {
		case 'p':
			b = append(b, pick(r, v.products)...)
		case 'n':
			b = strconv.AppendInt(b, int64(10000+r.below(89999)), 10)
		case 'c':
			b = append(b, pick(r, places)...)
		case 'w':
			b = append(b, who.name...)
		}
		text = text[at+3:]
	}
	return string(append(b, text...))
}

func (w *writer) subject(c thread) string {
	r := newRand(w.p.o.Seed, int64(c.i), 5)
	v := voiceOf(c.desk.Language)
	return v.filled(&r, pick(&r, v.subjects), someone{})
}

// said draws the text of the n-th message of a conversation.
func (w *writer) said(c thread, n int) string {
	r := newRand(w.p.o.Seed, int64(c.i), int64(n), 6)
	v, who := voiceOf(c.desk.Language), c.who
	switch c.steps[n].kind {
	case note:
		return v.filled(&r, pick(&r, v.remark), who)
	case hello:
		return v.hello
	case out:
		return pick(&r, v.opening) + "\n\n" + v.sentences(&r, who, v.answer, 1+r.below(3)) + "\n\n" + strings.ReplaceAll(pick(&r, v.closing), "{w}", c.desk.From())
	}
	return pick(&r, v.opening) + "\n\n" + v.filled(&r, pick(&r, v.matter), who) + " " + v.sentences(&r, who, v.detail, r.below(5)) + "\n\n" + v.filled(&r, pick(&r, v.closing), who)
}

func (v voice) sentences(r *rnd, who someone, of []string, n int) string {
	var parts []string
	at := r.below(len(of))
	for range n {
		parts = append(parts, v.filled(r, of[at], who))
		at = (at + 1 + r.below(2)) % len(of)
	}
	return strings.Join(parts, " ")
}
