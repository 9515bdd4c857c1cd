package seed

import (
	"context"
	"fmt"
	"time"

	"kept/internal/calendar"
	"kept/internal/db"
	"kept/internal/event"
	"kept/internal/team"
)

// A room is a desk with what the conversations at it need to know.
type room struct {
	team.Desk
	calendar calendar.Calendar
	people   []int64
}

type house struct {
	rooms []room
	owner string
	names map[int64]string
}

// pick draws a desk; the first ones have more to do.
func (h house) pick(r *rnd) *room {
	u := r.unit()
	return &h.rooms[int(u*u*float64(len(h.rooms)))]
}

// furnish returns the desks there are, or those of Halden Cycles, an invented maker of
// bicycles, where there are none.
func furnish(ctx context.Context, d *db.DB, o Options) (house, error) {
	n, err := db.One(ctx, d, db.Value[int], `select count(*) from desk`)
	if err != nil {
		return house{}, err
	}
	if n == 0 {
		if err := halden(ctx, d, o); err != nil {
			return house{}, err
		}
	}
	return look(ctx, d)
}

var staff = []string{"Ingrid Halden", "Maya Lindqvist", "Jonas Feld", "Amira Nasser", "Pau Ferrer", "Ruth Okoye", "Stefan Graf", "Lucía Vidal", "Ben Ashworth", "Keiko Arai", "Tomasz Zieliński", "Nora Brandt"}

// halden sets the company up: twelve people, three teams, four desks.
func halden(ctx context.Context, d *db.DB, o Options) error {
	h := team.New(d, func() time.Time { return o.Now })
	owner, err := h.SetUp(ctx, team.First{Company: "Halden Cycles", Name: staff[0], Email: "ingrid@haldencycles.example", Password: o.Password, Zone: "Europe/Vienna"},
		func(tx *db.DB, owner team.Person, first team.Team) error { return nil })
	if err != nil {
		return err
	}
	people := []int64{owner.ID}
	for i, name := range staff[1:] {
		p, err := h.AddPerson(ctx, event.System, team.Person{Name: name, Email: fmt.Sprintf("person%d@haldencycles.example", i+2), Role: team.Agent, Zone: "Europe/Vienna", Language: "en"}, "")
		if err != nil {
			return err
		}
		people = append(people, p.ID)
	}
	for i, k := range []struct{ name, address, language, zone, country string }{
		{"Support", "support@haldencycles.example", "en", "Europe/Vienna", "AT"},
		{"Kundendienst", "hilfe@haldencycles.example", "de", "Europe/Vienna", "AT"},
		{"Atención", "ayuda@haldencycles.example", "es", "Europe/Madrid", "ES"},
		{"Spare parts", "parts@haldencycles.example", "en", "Europe/Vienna", ""},
	} {
		t, err := h.CreateTeam(ctx, event.System, k.name, append([]int64{people[0]}, people[1+i*2:5+i*2]...))
		if err != nil {
			return err
		}
		cal, err := calendar.Create(ctx, d, calendar.Calendar{Name: k.name, Zone: k.zone, Country: k.country, Hours: calendar.Office()}, o.Now)
		if err != nil {
			return err
		}
		if _, err := h.CreateDesk(ctx, event.System, team.Desk{Name: k.name, Address: k.address, TeamID: t.ID, CalendarID: cal.ID, Language: k.language, FromName: "Halden Cycles", Acknowledge: i%2 == 0, ReplyToken: true}); err != nil {
			return err
		}
	}
	return nil
}

func look(ctx context.Context, d *db.DB) (house, error) {
	h := house{names: map[int64]string{}}
	ids, err := db.Collect(ctx, d, db.Value[int64], `select id from desk where archived_at = 0 order by id`)
	if err != nil {
		return h, err
	}
	for _, id := range ids {
		k := room{}
		if k.Desk, err = team.DeskByID(ctx, d, id); err != nil {
			return h, err
		}
		if k.calendar, err = calendar.ByID(ctx, d, k.CalendarID); err != nil {
			return h, err
		}
		if k.people, err = db.Collect(ctx, d, db.Value[int64], `select p.id from person p left join team_member m on m.person_id = p.id and m.team_id = $1
			where p.state = 'active' order by case when m.person_id is null then 1 else 0 end, p.id limit 8`, k.TeamID); err != nil {
			return h, err
		}
		h.rooms = append(h.rooms, k)
	}
	rows, err := db.Collect(ctx, d, func(s db.Scanner) (team.Person, error) {
		var p team.Person
		err := s.Scan(&p.ID, &p.Name, &p.Email, &p.Role)
		return p, err
	}, `select id, name, email, role from person order by id desc`)
	for _, p := range rows {
		h.names[p.ID] = p.Name
		if p.Role == team.Owner {
			h.owner = p.Email
		}
	}
	return h, err
}
