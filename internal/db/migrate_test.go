package db_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"kept/internal/db"
	"kept/internal/db/dbtest"
	"kept/internal/fault"
)

// addresses of two empty databases, one per engine that is there.
func fresh(t *testing.T) map[string]string {
	t.Helper()
	at := map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "kept.db")}
	if server := os.Getenv("KEPT_TEST_POSTGRES"); server != "" {
		at["postgres"] = dbtest.PostgresURL(t, server)
	}
	return at
}

func TestTwoNodesMigrateAtOnce(t *testing.T) {
	for engine, at := range fresh(t) {
		t.Run(engine, func(t *testing.T) {
			const nodes = 4
			failures := make([]error, nodes)
			var wg sync.WaitGroup
			for i := range nodes {
				wg.Go(func() {
					d, err := db.Open(t.Context(), at)
					if err == nil {
						err = d.Migrate(t.Context())
						d.Close()
					}
					failures[i] = err
				})
			}
			wg.Wait()
			for _, err := range failures {
				if err != nil {
					t.Errorf("a node: %v", err)
				}
			}
			d, err := db.Open(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			versions, err := db.Collect(t.Context(), d, db.Value[int], `select version from migration order by version`)
			if err != nil || len(versions) == 0 {
				t.Fatalf("versions %v, %v", versions, err)
			}
			for i, v := range versions {
				if v != i+1 {
					t.Errorf("versions %v: each once, without a gap", versions)
				}
			}
		})
	}
}

func TestMigratingAgainChangesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := note(t.Context(), d, "lamp", "kept"); err != nil {
			t.Fatal(err)
		}
		before, _ := d.Version(t.Context())
		if err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		after, err := d.Version(t.Context())
		if err != nil || before != after || before == 0 || value(t, d, "lamp") != "kept" {
			t.Errorf("version %d, then %d, %v; lamp %q", before, after, err, value(t, d, "lamp"))
		}
	})
}

func TestANewerSchemaIsRefusedWithASentence(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		known, err := d.Version(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Exec(t.Context(), `insert into migration (version, name, at) values ($1, 'from the future', 1)`, known+3); err != nil {
			t.Fatal(err)
		}
		err = d.Migrate(t.Context())
		want := fmt.Sprintf("schema %d; this program knows %d", known+3, known)
		if fault.Of(err) != fault.Conflict || !strings.Contains(fault.Sentence(err), want) || !strings.Contains(fault.Sentence(err), "Start the newer program") {
			t.Errorf("%v: %v", fault.Of(err), err)
		}
	})
}

// columns lists table.column on either engine.
func columns(t *testing.T, d *db.DB) []string {
	t.Helper()
	text := `select m.name || '.' || c.name || case when c."notnull" = 1 or c.pk > 0 then ' not null' else '' end
		from sqlite_master m, pragma_table_info(m.name) c where m.type = 'table' and m.name not like 'sqlite%'`
	if d.Dialect.Name() == "postgres" {
		text = `select table_name || '.' || column_name || case when is_nullable = 'NO' then ' not null' else '' end
			from information_schema.columns where table_schema = current_schema()`
	}
	return sorted(t, d, text)
}

// indexes lists index on table, unique or not, on either engine; those that a column's own rule makes are named by the engine and left out.
func indexes(t *testing.T, d *db.DB) []string {
	t.Helper()
	text := `select name || ' on ' || tbl_name || case when lower(sql) like 'create unique%' then ' unique' else '' end from sqlite_master where type = 'index' and sql is not null`
	if d.Dialect.Name() == "postgres" {
		text = `select indexname || ' on ' || tablename || case when indexdef like 'CREATE UNIQUE%' then ' unique' else '' end
			from pg_indexes where schemaname = current_schema() and indexname not like '%\_pkey' and indexname not like '%\_key'
			union all select indexname || ' on ' || tablename || ' unique' from pg_indexes where schemaname = current_schema() and indexname = 'job_key'`
	}
	return sorted(t, d, text)
}

func sorted(t *testing.T, d *db.DB, text string) []string {
	t.Helper()
	names, err := db.Collect(t.Context(), d, db.Value[string], text)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func TestBothEnginesEndWithTheSameTables(t *testing.T) {
	server := os.Getenv("KEPT_TEST_POSTGRES")
	if server == "" {
		t.Skip("KEPT_TEST_POSTGRES names no server")
	}
	here, there := dbtest.Open(t), dbtest.OpenPostgres(t, server)
	for what, list := range map[string]func(*testing.T, *db.DB) []string{"columns": columns, "indexes": indexes} {
		one, two := list(t, here), list(t, there)
		if len(one) < 25 {
			t.Errorf("only %d %s: the test sees too little", len(one), what)
		}
		for _, name := range one {
			if !slices.Contains(two, name) {
				t.Errorf("%s: only SQLite has %s", what, name)
			}
		}
		for _, name := range two {
			if !slices.Contains(one, name) {
				t.Errorf("%s: only PostgreSQL has %s", what, name)
			}
		}
	}
}

func TestSettledHidesWhatASlowerTransactionMayStillPrecede(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		seen := func() []string {
			return sorted(t, d, `select kind from event where id > 0`+d.Dialect.Settled())
		}
		add := func(d *db.DB, kind string) error {
			_, err := d.Exec(ctx, `insert into event (at, kind, actor_kind, data) values (1, $1, 'system', '{}')`, kind)
			return err
		}
		if err := add(d, "first"); err != nil {
			t.Fatal(err)
		}
		if d.Dialect.Name() == "sqlite" { // one writer: nothing can be slower
			if got := seen(); !slices.Equal(got, []string{"first"}) {
				t.Errorf("sees %q", got)
			}
			return
		}
		err := d.Tx(ctx, func(slow *db.DB) error {
			if err := add(slow, "slow"); err != nil {
				return err
			}
			if err := add(d, "fast"); err != nil {
				return err
			}
			if got := seen(); slices.Contains(got, "fast") || slices.Contains(got, "slow") {
				t.Errorf("sees %q while an older transaction still runs", got)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, func() bool { return slices.Equal(seen(), []string{"fast", "first", "slow"}) })
	})
}
