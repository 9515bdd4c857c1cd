package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A Metric is one family of numbers in the text exposition format of Prometheus.
type Metric struct {
	Name, Help string
	Counter    bool // only ever rises; otherwise a gauge
	Samples    []Sample
}

// A Sample is one number, with labels in pairs: name, value, name, value.
type Sample struct {
	Labels []string
	Value  float64
}

// Gauge is a family of one number.
func Gauge(name, help string, value float64) Metric {
	return Metric{Name: name, Help: help, Samples: []Sample{{Value: value}}}
}

// WriteMetrics writes families in the order of their names.
func WriteMetrics(w io.Writer, families []Metric) {
	sort.Slice(families, func(i, j int) bool { return families[i].Name < families[j].Name })
	for _, m := range families {
		kind := "gauge"
		if m.Counter {
			kind = "counter"
		}
		fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", m.Name, strings.NewReplacer("\\", `\\`, "\n", `\n`).Replace(m.Help), m.Name, kind)
		sort.Slice(m.Samples, func(i, j int) bool { return labels(m.Samples[i].Labels) < labels(m.Samples[j].Labels) })
		for _, s := range m.Samples {
			fmt.Fprintf(w, "%s%s %s\n", m.Name, labels(s.Labels), strconv.FormatFloat(s.Value, 'g', -1, 64))
		}
	}
}

func labels(pairs []string) string {
	if len(pairs) == 0 {
		return ""
	}
	escape := strings.NewReplacer("\\", `\\`, "\n", `\n`, `"`, `\"`)
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(pairs[i] + `="` + escape.Replace(pairs[i+1]) + `"`)
	}
	return "{" + b.String() + "}"
}

// Process is what every program can say about itself.
func Process(version string, started, now time.Time) []Metric {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return []Metric{
		{Name: "kept_info", Help: "Always 1; the version is the label.", Samples: []Sample{{Labels: []string{"version", version}, Value: 1}}},
		Gauge("kept_uptime_seconds", "How long this process has run.", now.Sub(started).Seconds()),
		Gauge("kept_goroutines", "Goroutines.", float64(runtime.NumGoroutine())),
		Gauge("kept_cpu_seconds", "Processor time used since the start.", cpuSeconds()),
		Gauge("kept_memory_bytes", "Memory taken from the system.", float64(m.Sys-m.HeapReleased)),
	}
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// Health serves /healthz (the process answers), /readyz (what it needs answers too) and /metrics.
type Health struct {
	Ready   func(ctx context.Context) error
	Collect func(ctx context.Context) ([]Metric, error)
	// Allow decides who may read the metrics; nil lets everybody.
	Allow func(r *http.Request) error
}

// Register adds the three addresses to mux.
func (h Health) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) { plain(w, "ok\n") })
	mux.Handle("GET /readyz", HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
		defer cancel()
		if err := h.Ready(ctx); err != nil {
			return err
		}
		plain(w, "ready\n")
		return nil
	}))
	mux.Handle("GET /metrics", HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		if h.Allow != nil {
			if err := h.Allow(r); err != nil {
				return err
			}
		}
		families, err := h.Collect(r.Context())
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		WriteMetrics(w, families)
		return nil
	}))
}

func plain(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, text)
}
