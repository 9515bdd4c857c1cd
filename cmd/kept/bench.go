package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"kept/internal/bench"
)

type benchCmd struct {
	Place
	Area   string `arg:"" default:"all" help:"What to measure: ingest, inbox or all."`
	Server string `placeholder:"URL" help:"Measure a running Kept by its API instead of a database."`
	Token  string `env:"KEPT_TOKEN" help:"API token for --server."`
	SMTP   string `name:"smtp" placeholder:"ADDR" help:"Where that server takes mail, to measure ingest."`
	To     string `placeholder:"ADDRESS" help:"The desk's mail address, to measure ingest."`
	Quick  bool   `help:"Measure for a second each: under 40 seconds in all."`
	JSON   bool   `name:"json" help:"Print one JSON object."`
}

// Run measures. It writes mails and answers: use a seeded desk or a copy.
func (c *benchCmd) Run(s streams) error {
	ctx := context.Background()
	areas, pace := []string{c.Area}, bench.Full
	if c.Area == "all" {
		areas = bench.Areas
	}
	if c.Quick {
		pace = bench.Quick
	}
	subject, close, err := c.subject(ctx)
	if err != nil {
		return err
	}
	defer close()
	r, err := bench.Run(ctx, subject, areas, pace)
	if err != nil {
		return err
	}
	return c.print(s.out, r, areas)
}

func (c *benchCmd) subject(ctx context.Context) (bench.Subject, func(), error) {
	if c.Server != "" {
		return &bench.Server{URL: c.Server, Token: c.Token, SMTP: c.SMTP, To: c.To}, func() {}, nil
	}
	release, err := c.prepareAndLock()
	if err != nil {
		return nil, nil, err
	}
	k, err := c.existing(ctx)
	if err != nil {
		release()
		return nil, nil, err
	}
	return &bench.Database{DB: k.db, Blobs: k.blobs, Now: k.now}, func() { k.close(); release() }, nil
}

func (c *benchCmd) print(w io.Writer, r bench.Report, areas []string) error {
	if c.JSON {
		flat := map[string]any{"memory_mib": r.MemoryMiB}
		for area, operations := range r.Areas {
			flat[area] = operations
		}
		return json.NewEncoder(w).Encode(flat)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "area\toperation\tp50 ms\tp90 ms\tp99 ms\tmax ms\tCPU ms\tn\t")
	for _, area := range areas {
		var names []string
		for name := range r.Areas[area] {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			f := r.Areas[area][name]
			fmt.Fprintf(t, "%s\t%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.3f\t%d\t\n", area, name, f.P50, f.P90, f.P99, f.Max, f.CPU, f.N)
		}
	}
	fmt.Fprintf(t, "memory\t%.0f MiB\t\n", r.MemoryMiB)
	return t.Flush()
}
