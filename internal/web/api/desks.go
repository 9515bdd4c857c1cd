package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"kept/internal/calendar"
	"kept/internal/event"
	"kept/internal/fault"
	"kept/internal/team"
)

// Desk is an address customers write to, and how it is answered there. Who may not manage it sees the first half only.
type Desk struct {
	ID                int64    `json:"id"`
	Name              string   `json:"name"`
	Address           string   `json:"address"`
	Aliases           []string `json:"aliases"`
	TeamID            int64    `json:"team_id"`
	CalendarID        int64    `json:"calendar_id"`
	FromName          string   `json:"from_name"`
	Language          string   `json:"language"`
	SignatureText     string   `json:"signature_text"`
	SignatureHTML     string   `json:"signature_html"`
	FirstReplyMinutes int64    `json:"first_reply_minutes" doc:"Working minutes until a first answer is due."`
	NextReplyMinutes  int64    `json:"next_reply_minutes"`
	Acknowledge       bool     `json:"acknowledge" doc:"Tell a new customer by when we answer."`
	ReplyToken        bool     `json:"reply_token" doc:"A plus-address in Reply-To finds the conversation."`
	QuoteHistory      bool     `json:"quote_history"`
	Transport         string   `json:"transport" enum:"smtp,hold" doc:"hold keeps outgoing mail here and shows it in the outbox."`
	SMTP              DeskSMTP `json:"smtp"`
	DKIM              DeskDKIM `json:"dkim"`
	TrustedAuthserv   string   `json:"trusted_authserv" doc:"Whose Authentication-Results are believed, such as mx.example.com."`
	Archived          bool     `json:"archived"`
}

// DeskSMTP is how mail leaves. The password is write-only.
type DeskSMTP struct {
	Host        string `json:"host"`
	Port        int64  `json:"port"`
	Security    string `json:"security" enum:"tls,starttls,none"`
	User        string `json:"user"`
	HasPassword bool   `json:"has_password"`
}

// DeskDKIM is how mail is signed. The key is write-only.
type DeskDKIM struct {
	Domain   string `json:"domain"`
	Selector string `json:"selector"`
	HasKey   bool   `json:"has_key"`
}

func (a *API) desk(d team.Desk) Desk {
	return Desk{ID: d.ID, Name: d.Name, Address: d.Address, Aliases: full(d.Aliases), TeamID: d.TeamID, CalendarID: d.CalendarID, FromName: d.FromName,
		Language: d.Language, SignatureText: d.SignatureText, SignatureHTML: d.SignatureHTML, FirstReplyMinutes: d.FirstReplyMinutes,
		NextReplyMinutes: d.NextReplyMinutes, Acknowledge: d.Acknowledge, ReplyToken: d.ReplyToken, QuoteHistory: d.QuoteHistory, Transport: d.Transport,
		SMTP:            DeskSMTP{d.SMTPHost, d.SMTPPort, d.SMTPSecurity, d.SMTPUser, d.SMTPSecret != ""},
		DKIM:            DeskDKIM{d.DKIMDomain, d.DKIMSelector, d.DKIMKey != ""},
		TrustedAuthserv: d.TrustedAuthserv, Archived: !d.ArchivedAt.IsZero()}
}

// DeskChange is what may be set on a desk; what is left out stays.
type DeskChange struct {
	Name              *string   `json:"name,omitempty" maxLength:"200"`
	Address           *string   `json:"address,omitempty" maxLength:"254"`
	Aliases           *[]string `json:"aliases,omitempty" maxItems:"100"`
	TeamID            *int64    `json:"team_id,omitempty"`
	CalendarID        *int64    `json:"calendar_id,omitempty"`
	FromName          *string   `json:"from_name,omitempty" maxLength:"200"`
	Language          *string   `json:"language,omitempty" maxLength:"35"`
	SignatureText     *string   `json:"signature_text,omitempty" maxLength:"10000"`
	SignatureHTML     *string   `json:"signature_html,omitempty" maxLength:"50000"`
	FirstReplyMinutes *int64    `json:"first_reply_minutes,omitempty"`
	NextReplyMinutes  *int64    `json:"next_reply_minutes,omitempty"`
	Acknowledge       *bool     `json:"acknowledge,omitempty"`
	ReplyToken        *bool     `json:"reply_token,omitempty"`
	QuoteHistory      *bool     `json:"quote_history,omitempty"`
	Transport         *string   `json:"transport,omitempty" enum:"smtp,hold"`
	SMTP              *struct {
		Host     *string `json:"host,omitempty" maxLength:"253"`
		Port     *int64  `json:"port,omitempty"`
		Security *string `json:"security,omitempty" enum:"tls,starttls,none"`
		User     *string `json:"user,omitempty" maxLength:"320"`
		Password *string `json:"password,omitempty" maxLength:"2000" doc:"Empty takes it away."`
	} `json:"smtp,omitempty" nameHint:"DeskSMTPChange"`
	DKIM *struct {
		Domain   *string `json:"domain,omitempty" maxLength:"253"`
		Selector *string `json:"selector,omitempty" maxLength:"63"`
		Key      *string `json:"key,omitempty" maxLength:"20000" doc:"A private key in PEM; empty takes it away."`
	} `json:"dkim,omitempty" nameHint:"DeskDKIMChange"`
	TrustedAuthserv *string `json:"trusted_authserv,omitempty" maxLength:"253"`
	Archived        *bool   `json:"archived,omitempty"`
}

// set copies what was given.
func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func (a *API) applyDesk(c DeskChange, d *team.Desk) error {
	set(&d.Name, c.Name)
	set(&d.Address, c.Address)
	set(&d.Aliases, c.Aliases)
	set(&d.TeamID, c.TeamID)
	set(&d.CalendarID, c.CalendarID)
	set(&d.FromName, c.FromName)
	set(&d.Language, c.Language)
	set(&d.SignatureText, c.SignatureText)
	set(&d.SignatureHTML, c.SignatureHTML)
	set(&d.FirstReplyMinutes, c.FirstReplyMinutes)
	set(&d.NextReplyMinutes, c.NextReplyMinutes)
	set(&d.Acknowledge, c.Acknowledge)
	set(&d.ReplyToken, c.ReplyToken)
	set(&d.QuoteHistory, c.QuoteHistory)
	set(&d.Transport, c.Transport)
	set(&d.TrustedAuthserv, c.TrustedAuthserv)
	if s := c.SMTP; s != nil {
		before := *d
		set(&d.SMTPHost, s.Host)
		set(&d.SMTPPort, s.Port)
		set(&d.SMTPSecurity, s.Security)
		set(&d.SMTPUser, s.User)
		if s.Password != nil {
			d.SMTPSecret = a.Box.Seal(team.SecretRelay, *s.Password)
		} else if d.SMTPSecret != "" && goesElsewhere(before, *d) {
			return invalid("smtp.password", "Enter the password again: it is not sent to another server than the one it was given for.")
		}
	}
	if k := c.DKIM; k != nil {
		set(&d.DKIMDomain, k.Domain)
		set(&d.DKIMSelector, k.Selector)
		if k.Key != nil {
			d.DKIMKey = a.Box.Seal(team.SecretDKIM, *k.Key)
		}
	}
	if c.Archived != nil {
		d.ArchivedAt = time.Time{}
		if *c.Archived {
			d.ArchivedAt = a.Now()
		}
	}
	return nil
}

// goesElsewhere reports whether a relay's stored password would go to another server than before, or for all to read. A lead may name
// the server but not learn a password that somebody else entered.
func goesElsewhere(before, after team.Desk) bool {
	return !strings.EqualFold(before.SMTPHost, after.SMTPHost) || after.SMTPSecurity == "none" && before.SMTPSecurity != "none"
}

type deskInput struct{ Body DeskChange }

type deskPatch struct {
	ByID
	Body DeskChange
}

func (a *API) registerDesks() {
	handle(a, op{method: "GET", path: "/desks", summary: "The desks you see", tag: "desks"},
		func(ctx context.Context, s team.Seat, _ *empty) (*body[List[Desk]], error) {
			desks, err := team.Desks(ctx, a.DB, s.Access)
			return okList(mapped(desks, a.desk), err)
		})
	handle(a, op{method: "GET", path: "/desks/{id}", summary: "One desk", tag: "desks"},
		func(ctx context.Context, s team.Seat, in *ByID) (*body[Desk], error) {
			if err := s.Access.Desk(in.ID); err != nil {
				return nil, err
			}
			d, err := team.DeskByID(ctx, a.DB, in.ID)
			return ok(a.desk(d), err)
		})
	handle(a, op{method: "POST", path: "/desks", summary: "Make a desk", tag: "desks", action: team.CreateDesks, status: http.StatusCreated},
		func(ctx context.Context, s team.Seat, in *deskInput) (*body[Desk], error) {
			d := team.Desk{Acknowledge: true, ReplyToken: true}
			if err := a.applyDesk(in.Body, &d); err != nil {
				return nil, err
			}
			d, err := a.House.CreateDesk(ctx, event.Person(s.Person.ID), d)
			return ok(a.desk(d), err)
		})
	handle(a, op{method: "PATCH", path: "/desks/{id}", summary: "Change a desk", tag: "desks", action: team.ManageDesks},
		func(ctx context.Context, s team.Seat, in *deskPatch) (*body[Desk], error) {
			if err := mayManage(s, in.ID); err != nil {
				return nil, err
			}
			d, err := a.House.ChangeDesk(ctx, event.Person(s.Person.ID), in.ID, func(d *team.Desk) error { return a.applyDesk(in.Body, d) })
			return ok(a.desk(d), err)
		})
	a.registerCalendars()
}

// Calendar says when people work. Hours are seven lists, Monday first, of spans in minutes from midnight.
type Calendar struct {
	ID       int64     `json:"id"`
	Name     string    `json:"name"`
	Zone     string    `json:"zone"`
	Country  string    `json:"country" doc:"Whose public holidays it follows, such as PT or DE-BY; empty for none."`
	Hours    [][]Span  `json:"hours" minItems:"7" maxItems:"7"`
	Holidays []Holiday `json:"holidays"`
}

// Span is one stretch of work, in minutes from midnight: 540 to 1020 is nine to five.
type Span struct {
	From int `json:"from" minimum:"0" maximum:"1440"`
	To   int `json:"to" minimum:"0" maximum:"2880"`
}

// Holiday is a date on which nobody works.
type Holiday struct {
	Date string `json:"date" format:"date"`
	Name string `json:"name"`
	Own  bool   `json:"own,omitempty" doc:"Added by hand; the others came with the country."`
}

func calendarOf(c calendar.Calendar) Calendar {
	out := Calendar{ID: c.ID, Name: c.Name, Zone: c.Zone, Country: c.Country, Hours: make([][]Span, 7), Holidays: []Holiday{}}
	for i, day := range c.Hours {
		out.Hours[i] = mapped(day, func(s calendar.Span) Span { return Span{s.From, s.To} })
	}
	for _, h := range c.Holidays {
		out.Holidays = append(out.Holidays, Holiday{h.Date, h.Name, h.Own})
	}
	return out
}

// CalendarChange is what may be set on a calendar; what is left out stays.
type CalendarChange struct {
	Name     *string    `json:"name,omitempty" maxLength:"200"`
	Zone     *string    `json:"zone,omitempty"`
	Country  *string    `json:"country,omitempty" maxLength:"10"`
	Hours    *[][]Span  `json:"hours,omitempty" minItems:"7" maxItems:"7"`
	Holidays *[]Holiday `json:"holidays,omitempty" maxItems:"1000"`
}

func (c CalendarChange) apply(to *calendar.Calendar) {
	set(&to.Name, c.Name)
	set(&to.Zone, c.Zone)
	set(&to.Country, c.Country)
	if c.Hours != nil {
		for i := range to.Hours {
			to.Hours[i] = mapped((*c.Hours)[i], func(s Span) calendar.Span { return calendar.Span{From: s.From, To: s.To} })
		}
	}
	if c.Holidays != nil {
		to.Holidays = mapped(*c.Holidays, func(h Holiday) calendar.Holiday { return calendar.Holiday{Date: h.Date, Name: h.Name, Own: h.Own} })
	}
}

type calendarInput struct{ Body CalendarChange }

type calendarPatch struct {
	ByID
	Body CalendarChange
}

// mayReschedule refuses to change the hours of a desk that one cannot see: a calendar may be shared.
func (a *API) mayReschedule(ctx context.Context, acc team.Access, calendarID int64) error {
	all, err := team.Desks(ctx, a.DB, team.System)
	if err != nil {
		return err
	}
	for _, d := range all {
		if d.CalendarID == calendarID && !acc.Sees(d.ID) {
			return fault.New(fault.Forbidden, "Other teams keep these hours too. Ask an owner to change them, or make a calendar of your own for your desk.")
		}
	}
	return nil
}

func (a *API) registerCalendars() {
	handle(a, op{method: "GET", path: "/calendars", summary: "All calendars", tag: "desks"},
		func(ctx context.Context, _ team.Seat, _ *empty) (*body[List[Calendar]], error) {
			all, err := calendar.List(ctx, a.DB)
			return okList(mapped(all, calendarOf), err)
		})
	handle(a, op{method: "POST", path: "/calendars", summary: "Make a calendar", tag: "desks", action: team.ManageDesks, status: http.StatusCreated},
		func(ctx context.Context, _ team.Seat, in *calendarInput) (*body[Calendar], error) {
			c := calendar.Calendar{Hours: calendar.Office()}
			in.Body.apply(&c)
			c, err := calendar.Create(ctx, a.DB, c, a.Now())
			return ok(calendarOf(c), err)
		})
	handle(a, op{method: "PATCH", path: "/calendars/{id}", summary: "Change a calendar", tag: "desks", action: team.ManageDesks},
		func(ctx context.Context, seat team.Seat, in *calendarPatch) (*body[Calendar], error) {
			if err := a.mayReschedule(ctx, seat.Access, in.ID); err != nil {
				return nil, err
			}
			c, err := calendar.ByID(ctx, a.DB, in.ID)
			if err != nil {
				return nil, err
			}
			in.Body.apply(&c)
			c, err = calendar.Update(ctx, a.DB, c, a.Now())
			return ok(calendarOf(c), err)
		})
}
