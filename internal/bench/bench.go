// Package bench measures what a desk does all day: taking mail in, and working through
// the inbox.
//
// One client asks in a closed loop: the next operation begins when the one before has
// ended, after a warm-up that is not counted. Of every operation the distribution of its
// time is kept, not its mean, and the CPU it used, which is the figure to trust on a
// machine that does other things as well. Against a database the CPU is that of this
// process (PostgreSQL's own is not in it); against a server it is the server's, as its
// /metrics tell.
//
// It writes: mails are received and answers queued. Measure on a seeded desk or a copy.
package bench

import (
	"context"
	"fmt"
	"math"
	"slices"
	"syscall"
	"time"

	"kept/internal/fault"
)

// Figures are how long one operation took, and what it cost.
type Figures struct {
	P50 float64 `json:"p50_ms"`
	P90 float64 `json:"p90_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
	CPU float64 `json:"cpu_ms"`
	N   int     `json:"n"`
}

// A Report is the figures by area and operation.
type Report struct {
	Areas     map[string]map[string]Figures
	MemoryMiB float64 // resident, of the process that did the work
}

// An Operation is one thing that is measured. Do is called with 0, 1, 2, …
type Operation struct {
	Name string
	Do   func(ctx context.Context, i int) error
	Each int // how many things one call does, for which its time is divided; 0: one
}

// A Subject is what operations are measured on.
type Subject interface {
	// Operations returns those of an area, in the order in which they are measured.
	Operations(ctx context.Context, area string) ([]Operation, error)
	// CPU returns how much processor time was used so far.
	CPU(ctx context.Context) (time.Duration, error)
	// MemoryMiB returns the resident memory.
	MemoryMiB(ctx context.Context) (float64, error)
}

// Areas are what can be measured.
var Areas = []string{"ingest", "inbox"}

// A Pace says how long to measure.
type Pace struct {
	WarmUp, For time.Duration // of every operation
	Most        int           // calls of every operation
}

// Quick ends within 40 seconds on everything; Full is for figures to keep.
var (
	Quick = Pace{300 * time.Millisecond, 1200 * time.Millisecond, 2000}
	Full  = Pace{time.Second, 6 * time.Second, 20000}
)

// Run measures the areas one after the other.
func Run(ctx context.Context, s Subject, areas []string, pace Pace) (Report, error) {
	r := Report{Areas: map[string]map[string]Figures{}}
	for _, area := range areas {
		if !slices.Contains(Areas, area) {
			return r, fault.New(fault.Invalid, "There is nothing called %q to measure. Choose ingest, inbox or all.", area)
		}
		operations, err := s.Operations(ctx, area)
		if err != nil {
			return r, err
		}
		r.Areas[area] = map[string]Figures{}
		for _, o := range operations {
			if r.Areas[area][o.Name], err = measure(ctx, s, o, pace); err != nil {
				return r, fmt.Errorf("%s %s: %w", area, o.Name, err)
			}
		}
	}
	var err error
	r.MemoryMiB, err = s.MemoryMiB(ctx)
	return r, err
}

func measure(ctx context.Context, s Subject, o Operation, pace Pace) (Figures, error) {
	next := 0
	call := func() (time.Duration, error) {
		for {
			started := time.Now()
			err := o.Do(ctx, next)
			if fault.Of(err) == fault.TooMany { // a server that holds one client back is not slow
				time.Sleep(time.Second)
				continue
			}
			next++
			return time.Since(started), err
		}
	}
	for began := time.Now(); next < 3 || time.Since(began) < pace.WarmUp; {
		if _, err := call(); err != nil {
			return Figures{}, err
		}
	}
	before, err := s.CPU(ctx)
	if err != nil {
		return Figures{}, err
	}
	var took []time.Duration
	for began := time.Now(); len(took) < 5 || time.Since(began) < pace.For && len(took) < pace.Most; {
		t, err := call()
		if err != nil {
			return Figures{}, err
		}
		took = append(took, t)
	}
	after, err := s.CPU(ctx)
	return summary(took, after-before, max(o.Each, 1)), err
}

func summary(took []time.Duration, cpu time.Duration, each int) Figures {
	slices.Sort(took)
	at := func(q float64) float64 {
		return ms(took[max(int(math.Ceil(q*float64(len(took))))-1, 0)]) / float64(each)
	}
	return Figures{P50: at(.5), P90: at(.9), P99: at(.99), Max: at(1), CPU: round(ms(cpu) / float64(len(took)*each)), N: len(took) * each}
}

func ms(d time.Duration) float64 { return round(float64(d.Microseconds()) / 1000) }

func round(v float64) float64 { return math.Round(v*1000) / 1000 }

// spent is the processor time of this process.
func spent() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}
