package db

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"kept/internal/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// A migration is one numbered file; $ID, $BYTES, $JSON and $TXN stand for the
// column types that the engines spell differently.
type migration struct {
	version int
	name    string
	text    string
}

// Migrate brings the schema to the newest version: numbered, forward only, one
// transaction each, safe when two nodes start at once. A schema that is newer
// than this program is refused with a sentence, never touched.
func (d *DB) Migrate(ctx context.Context) error {
	steps, err := readMigrations(d.Dialect)
	if err != nil {
		return err
	}
	if err := d.prepareMigrations(ctx); err != nil {
		return fmt.Errorf("create the table of migrations: %w", err)
	}
	newest := steps[len(steps)-1].version
	have, err := d.Version(ctx)
	if err != nil {
		return err
	}
	if have > newest {
		return fault.New(fault.Conflict, "This data was last used by a newer Kept (schema %d; this program knows %d). Start the newer program, or restore the backup made before the upgrade.", have, newest)
	}
	for _, m := range steps {
		if m.version <= have {
			continue
		}
		if err := d.apply(ctx, m); err != nil {
			return fmt.Errorf("migration %04d %s: %w", m.version, m.name, err)
		}
	}
	return nil
}

// prepareMigrations makes the table of migrations. On PostgreSQL "if not exists" alone fails for one of two nodes that start at once.
func (d *DB) prepareMigrations(ctx context.Context) error {
	return d.Tx(ctx, func(tx *DB) error {
		if d.Dialect.name == "postgres" {
			if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtext('kept migration'))`); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `create table if not exists migration (version integer primary key, name text not null, at bigint not null)`)
		return err
	})
}

// Version returns the number of the newest migration applied, 0 for none.
func (d *DB) Version(ctx context.Context) (int, error) {
	return One(ctx, d, Value[int], `select coalesce(max(version), 0) from migration`)
}

func (d *DB) apply(ctx context.Context, m migration) error {
	return d.Tx(ctx, func(tx *DB) error {
		if d.Dialect.name == "postgres" { // SQLite's transaction already holds the one write lock
			if _, err := tx.Exec(ctx, `lock table migration in access exclusive mode`); err != nil {
				return err
			}
		}
		have, err := tx.Version(ctx)
		if err != nil || have >= m.version {
			return err // another node was faster
		}
		for _, statement := range strings.Split(m.text, ";\n") {
			if strings.TrimSpace(statement) == "" {
				continue
			}
			if _, err := tx.Exec(ctx, statement); err != nil {
				return fmt.Errorf("%.60s…: %w", strings.TrimSpace(statement), err)
			}
		}
		_, err = tx.Exec(ctx, `insert into migration (version, name, at) values ($1, $2, $3)`, m.version, m.name, Micros(time.Now()))
		return err
	})
}

// readMigrations returns the migrations of an engine in order. A file may have
// a twin NNNN_name.sqlite.sql / .postgres.sql where one text cannot serve both.
func readMigrations(d Dialect) ([]migration, error) {
	types := strings.NewReplacer("$ID", d.id, "$BYTES", d.bytes, "$JSON", d.json, "$TXN", d.txn)
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var out []migration
	for _, file := range files {
		parts := strings.Split(strings.TrimSuffix(strings.TrimPrefix(file, "migrations/"), ".sql"), ".")
		if len(parts) > 1 && parts[1] != d.name {
			continue
		}
		number, name, _ := strings.Cut(parts[0], "_")
		version, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("migration %s has no number: %w", file, err)
		}
		text, err := migrations.ReadFile(file)
		if err != nil {
			return nil, err
		}
		out = append(out, migration{version, name, types.Replace(stripComments(string(text)))})
	}
	return out, nil
}

func stripComments(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if at := strings.Index(line, "--"); at >= 0 {
			lines[i] = strings.TrimRight(line[:at], " ")
		}
	}
	return strings.Join(lines, "\n")
}
