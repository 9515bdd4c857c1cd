package seed

import (
	"fmt"

	"kept/internal/db"
)

// someone is a customer.
type someone struct {
	id            int64
	number        int
	name, address string
	firm          int // 0 for none
}

var (
	given = []string{"Tom", "Lena", "Anna", "Marek", "Sofia", "Yusuf", "Hanna", "Carlos", "Emil", "Greta", "Ivo", "Joana", "Karim", "Laura", "Mateo", "Nina", "Olga", "Paul", "Rosa", "Samir", "Tanja", "Uma", "Viktor", "Wanda", "Xenia", "Yara", "Zoran", "Alba", "Bruno", "Clara", "Dario", "Elif"}
	last  = []string{"Berger", "Okafor", "Dubois", "Svensson", "Novak", "Castillo", "Meier", "Haddad", "Kowalski", "Rossi", "Jensen", "Petrov", "Almeida", "Brandl", "Cohen", "Demir", "Evans", "Fontana", "Gruber", "Horvat", "Ibáñez", "Jansen", "Keller", "Laurent", "Moreau", "Nagy", "Öztürk", "Pereira", "Quist", "Romero", "Santos", "Tanaka"}
	trade = []string{"birch", "copper", "delta", "ember", "fjord", "garnet", "harbor", "indigo", "juniper", "kestrel", "linden", "meadow", "north", "orchard", "pebble", "quartz"}
)

// person draws the customer of conversation i.
func (w *writer) person(i int32) someone {
	number := int(w.p.who[i])
	r := newRand(w.p.o.Seed, int64(number), 4)
	s := someone{id: w.p.first.customer + int64(number) + 1, number: number, name: pick(&r, given) + " " + pick(&r, last)}
	if r.chance(.3) {
		s.firm = 1 + r.below(len(w.known)/15+1)
		s.address = fmt.Sprintf("contact%d@%s", s.id, firmDomain(w.p.first.organisation+int64(s.firm)))
		return s
	}
	s.address = fmt.Sprintf("person%d@post.example", s.id)
	if r.chance(.05) {
		s.name = ""
	}
	return s
}

func firmDomain(id int64) string {
	return fmt.Sprintf("%s-%d.example", trade[id%int64(len(trade))], id)
}

// know writes a customer, with handles and organisation, when he writes for the first time.
func (w *writer) know(s someone, c course) {
	if w.known[s.number] {
		return
	}
	w.known[s.number] = true
	firm := int64(0)
	if s.firm > 0 {
		firm = w.p.first.organisation + int64(s.firm)
		if !w.firms[s.firm] {
			w.firms[s.firm] = true
			w.organisation.add(firm, firmDomain(firm), firmDomain(firm), c.created)
		}
	}
	w.customer.add(s.id, s.name, c.desk.Language, "", db.Null(firm), c.created, c.created)
	w.handle++
	w.handles.add(w.handle, s.id, "email", s.address, c.created)
	if s.number%13 == 0 {
		w.handle++
		w.handles.add(w.handle, s.id, "email", fmt.Sprintf("also%d@post.example", s.id), c.created)
	}
}
