package team

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"database/sql"

	"kept/internal/db"
	"kept/internal/fault"
)

const personColumns = `id, name, email, role, state, zone, language, theme, away, created_at`

func scanPerson(s db.Scanner) (Person, error) {
	var p Person
	var created int64
	err := s.Scan(&p.ID, &p.Name, &p.Email, &p.Role, &p.State, &p.Zone, &p.Language, &p.Theme, &p.Away, &created)
	p.CreatedAt = db.Time(created)
	return p, err
}

// PersonByID returns a person with the teams they are in.
func PersonByID(ctx context.Context, d *db.DB, id int64) (Person, error) {
	p, err := db.One(ctx, d, scanPerson, `select `+personColumns+` from person where id = $1`, id)
	if err != nil {
		return p, orNotThere(err, "person")
	}
	p.TeamIDs, err = db.Collect(ctx, d, db.Value[int64], `select team_id from team_member where person_id = $1 order by team_id`, id)
	return p, err
}

// PersonByEmail finds a person by address.
func PersonByEmail(ctx context.Context, d *db.DB, email string) (Person, error) {
	p, err := db.One(ctx, d, scanPerson, `select `+personColumns+` from person where email = lower($1)`, email)
	if err != nil {
		return p, orNotThere(err, "person")
	}
	return PersonByID(ctx, d, p.ID)
}

// People lists everybody who has or had a seat, by name.
func People(ctx context.Context, d *db.DB) ([]Person, error) {
	people, err := db.Collect(ctx, d, scanPerson, `select `+personColumns+` from person order by lower(name), id`)
	if err != nil {
		return nil, err
	}
	members, err := allMembers(ctx, d)
	if err != nil {
		return nil, err
	}
	for i := range people {
		for _, m := range members {
			if m.person == people[i].ID {
				people[i].TeamIDs = append(people[i].TeamIDs, m.team)
			}
		}
	}
	return people, nil
}

func countPeople(ctx context.Context, d *db.DB) (int64, error) {
	return db.One(ctx, d, db.Value[int64], `select count(*) from person`)
}

// lockSeats makes changes of who has a seat wait for each other until the transaction ends.
func lockSeats(ctx context.Context, tx *db.DB) error {
	return SetSetting(ctx, tx, "seats", "")
}

func insertPerson(ctx context.Context, tx *db.DB, p Person, hashed string, now time.Time) (Person, error) {
	p.CreatedAt = now
	id, err := db.Insert(ctx, tx, `insert into person (name, email, role, state, password, zone, language, theme, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id`,
		p.Name, p.Email, p.Role, p.State, hashed, p.Zone, p.Language, p.Theme, db.Micros(now))
	p.ID = id
	return p, err
}

func updatePerson(ctx context.Context, tx *db.DB, p Person) error {
	_, err := tx.Exec(ctx, `update person set name = $2, role = $3, state = $4, zone = $5, language = $6, theme = $7, away = $8 where id = $1`,
		p.ID, p.Name, p.Role, p.State, p.Zone, p.Language, p.Theme, p.Away)
	return err
}

func updatePassword(ctx context.Context, tx *db.DB, id int64, hashed string) error {
	_, err := tx.Exec(ctx, `update person set password = $2 where id = $1`, id, hashed)
	return err
}

// credentials returns the person with an address and their hash, or a zero person with none: the caller then hashes all the same.
func credentials(ctx context.Context, d *db.DB, email string) (Person, string, error) {
	p, err := PersonByEmail(ctx, d, email)
	if fault.Of(err) == fault.NotFound {
		return Person{}, "", nil
	}
	if err != nil {
		return Person{}, "", err
	}
	hashed, err := db.One(ctx, d, db.Value[string], `select password from person where id = $1`, p.ID)
	return p, hashed, err
}

func addressFree(ctx context.Context, tx *db.DB, email string) error {
	n, err := db.One(ctx, tx, db.Value[int64], `select count(*) from person where email = $1`, email)
	if err == nil && n > 0 {
		return invalid("email", "Somebody already has a seat with the address %s.", email)
	}
	return err
}

type member struct{ team, person int64 }

func allMembers(ctx context.Context, d *db.DB) ([]member, error) {
	return db.Collect(ctx, d, func(s db.Scanner) (member, error) {
		var m member
		err := s.Scan(&m.team, &m.person)
		return m, err
	}, `select team_id, person_id from team_member order by team_id, person_id`)
}

func scanTeam(s db.Scanner) (Team, error) {
	var t Team
	err := s.Scan(&t.ID, &t.Name)
	return t, err
}

// TeamByID returns a team with its members.
func TeamByID(ctx context.Context, d *db.DB, id int64) (Team, error) {
	t, err := db.One(ctx, d, scanTeam, `select id, name from team where id = $1`, id)
	if err != nil {
		return t, orNotThere(err, "team")
	}
	t.Members, err = db.Collect(ctx, d, db.Value[int64], `select person_id from team_member where team_id = $1 order by person_id`, id)
	return t, err
}

// Teams lists all teams by name. Team names are no secret within a company; what a team's desks hold is.
func Teams(ctx context.Context, d *db.DB) ([]Team, error) {
	teams, err := db.Collect(ctx, d, scanTeam, `select id, name from team order by lower(name), id`)
	if err != nil {
		return nil, err
	}
	members, err := allMembers(ctx, d)
	if err != nil {
		return nil, err
	}
	for i := range teams {
		teams[i].Members = []int64{}
		for _, m := range members {
			if m.team == teams[i].ID {
				teams[i].Members = append(teams[i].Members, m.person)
			}
		}
	}
	return teams, nil
}

func setMembers(ctx context.Context, tx *db.DB, teamID int64, people []int64) error {
	if err := allExist(ctx, tx, "person", "members", people); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `delete from team_member where team_id = $1`, teamID); err != nil {
		return err
	}
	for _, id := range people {
		if err := join(ctx, tx, teamID, id); err != nil {
			return err
		}
	}
	return nil
}

func setTeams(ctx context.Context, tx *db.DB, personID int64, teams []int64) error {
	if err := teamsExist(ctx, tx, teams); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `delete from team_member where person_id = $1`, personID); err != nil {
		return err
	}
	for _, id := range teams {
		if err := join(ctx, tx, id, personID); err != nil {
			return err
		}
	}
	return nil
}

func join(ctx context.Context, tx *db.DB, teamID, personID int64) error {
	_, err := tx.Exec(ctx, `insert into team_member (team_id, person_id) values ($1, $2) on conflict do nothing`, teamID, personID)
	return err
}

func teamsExist(ctx context.Context, tx *db.DB, ids []int64) error {
	return allExist(ctx, tx, "team", "team_ids", ids)
}

// allExist refuses a list that names something unknown. The table name is ours, never a caller's text.
func allExist(ctx context.Context, tx *db.DB, table, field string, ids []int64) error {
	for _, id := range ids {
		n, err := db.One(ctx, tx, db.Value[int64], `select count(*) from `+table+` where id = $1`, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return invalid(field, "There is no %s with the number %d.", table, id)
		}
	}
	return nil
}

func accessOf(ctx context.Context, d *db.DB, p Person, scopes []string) (Access, error) {
	a := Access{PersonID: p.ID, Role: p.Role, Scopes: scopes, All: p.Role == Owner}
	if a.All {
		return a, nil
	}
	var err error
	a.DeskIDs, err = db.Collect(ctx, d, db.Value[int64], `select k.id from desk k join team_member m on m.team_id = k.team_id where m.person_id = $1 order by k.id`, p.ID)
	return a, err
}

const sessionColumns = `id, person_id, created_at, seen_at, expires_at, address, agent`

func scanSession(s db.Scanner) (Session, error) {
	var v Session
	var created, seen, expires int64
	err := s.Scan(&v.ID, &v.PersonID, &created, &seen, &expires, &v.Address, &v.Agent)
	v.CreatedAt, v.SeenAt, v.ExpiresAt = db.Time(created), db.Time(seen), db.Time(expires)
	return v, err
}

func insertSession(ctx context.Context, d *db.DB, s Session, hash string) (int64, error) {
	return db.Insert(ctx, d, `insert into session (person_id, token_hash, created_at, seen_at, expires_at, address, agent)
		values ($1, $2, $3, $4, $5, $6, $7) returning id`,
		s.PersonID, hash, db.Micros(s.CreatedAt), db.Micros(s.SeenAt), db.Micros(s.ExpiresAt), s.Address, s.Agent)
}

func sessionByDigest(ctx context.Context, d *db.DB, hash string) (Session, error) {
	return db.One(ctx, d, scanSession, `select `+sessionColumns+` from session where token_hash = $1`, hash)
}

func touchSession(ctx context.Context, d *db.DB, id int64, now time.Time) error {
	_, err := d.Exec(ctx, `update session set seen_at = $2 where id = $1`, id, db.Micros(now))
	return err
}

func sessionsOf(ctx context.Context, d *db.DB, personID int64, now time.Time) ([]Session, error) {
	return db.Collect(ctx, d, scanSession, `select `+sessionColumns+` from session where person_id = $1 and expires_at > $2 and seen_at >= $3
		order by seen_at desc, id desc`, personID, db.Micros(now), db.Micros(now.Add(-SessionIdle)))
}

func endSessions(ctx context.Context, tx *db.DB, personID int64) error {
	_, err := tx.Exec(ctx, `delete from session where person_id = $1`, personID)
	return err
}

// endAll ends every session and token of a person.
func endAll(ctx context.Context, tx *db.DB, personID int64, now time.Time) error {
	if err := endSessions(ctx, tx, personID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `update api_token set revoked_at = $2 where person_id = $1 and revoked_at = 0`, personID, db.Micros(now))
	return err
}

const tokenColumns = `id, person_id, name, scopes, created_at, seen_at, expires_at`

func scanToken(s db.Scanner) (Token, error) {
	var t Token
	var scopes string
	var created, seen, expires int64
	if err := s.Scan(&t.ID, &t.PersonID, &t.Name, &scopes, &created, &seen, &expires); err != nil {
		return t, err
	}
	t.CreatedAt, t.SeenAt, t.ExpiresAt = db.Time(created), db.Time(seen), db.Time(expires)
	return t, json.Unmarshal([]byte(scopes), &t.Scopes)
}

func insertToken(ctx context.Context, d *db.DB, t Token, hash string) (int64, error) {
	return db.Insert(ctx, d, `insert into api_token (person_id, name, token_hash, scopes, created_at, expires_at)
		values ($1, $2, $3, $4, $5, $6) returning id`, t.PersonID, t.Name, hash, jsonText(t.Scopes), db.Micros(t.CreatedAt), db.Micros(t.ExpiresAt))
}

func tokenByDigest(ctx context.Context, d *db.DB, hash string) (Token, error) {
	return db.One(ctx, d, scanToken, `select `+tokenColumns+` from api_token where token_hash = $1 and revoked_at = 0`, hash)
}

func tokensOf(ctx context.Context, d *db.DB, personID int64) ([]Token, error) {
	return db.Collect(ctx, d, scanToken, `select `+tokenColumns+` from api_token where person_id = $1 and revoked_at = 0 order by id desc`, personID)
}

const inviteColumns = `id, email, name, role, team_ids, invited_by, created_at, expires_at`

func scanInvite(s db.Scanner) (Invite, error) {
	var i Invite
	var teams string
	var created, expires int64
	if err := s.Scan(&i.ID, &i.Email, &i.Name, &i.Role, &teams, &i.InvitedBy, &created, &expires); err != nil {
		return i, err
	}
	i.CreatedAt, i.ExpiresAt = db.Time(created), db.Time(expires)
	return i, json.Unmarshal([]byte(teams), &i.TeamIDs)
}

func insertInvite(ctx context.Context, tx *db.DB, i Invite, hash string) (int64, error) {
	return db.Insert(ctx, tx, `insert into invite (email, name, role, team_ids, token_hash, invited_by, created_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8) returning id`,
		i.Email, i.Name, i.Role, jsonText(i.TeamIDs), hash, i.InvitedBy, db.Micros(i.CreatedAt), db.Micros(i.ExpiresAt))
}

const inviteOpen = ` used_at = 0 and withdrawn_at = 0 and expires_at > `

func openInvites(ctx context.Context, d *db.DB, now time.Time) ([]Invite, error) {
	return db.Collect(ctx, d, scanInvite, `select `+inviteColumns+` from invite where`+inviteOpen+`$1 order by id desc`, db.Micros(now))
}

func inviteByDigest(ctx context.Context, d *db.DB, hash string, now time.Time) (Invite, error) {
	return db.One(ctx, d, scanInvite, `select `+inviteColumns+` from invite where token_hash = $1 and`+inviteOpen+`$2`, hash, db.Micros(now))
}

// Setting returns one of the workspace's settings, "" where it was never set.
func Setting(ctx context.Context, d *db.DB, key string) (string, error) {
	v, err := db.One(ctx, d, db.Value[string], `select value from setting where key = $1`, key)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return v, err
}

// SetSetting stores one of the workspace's settings.
func SetSetting(ctx context.Context, d *db.DB, key, value string) error {
	_, err := d.Exec(ctx, `insert into setting (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value`, key, value)
	return err
}

func orNotThere(err error, what string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return notThere(what)
	}
	return err
}

func jsonText[T any](list []T) string {
	if list == nil {
		list = []T{}
	}
	text, _ := json.Marshal(list) // lists of numbers and plain text always encode
	return string(text)
}
