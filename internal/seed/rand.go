package seed

import "math"

// rnd is a small generator (SplitMix64, Steele et al. 2014) that can be started anywhere,
// so that any conversation or message can be drawn again by its number.
type rnd struct{ state uint64 }

func newRand(seed int64, parts ...int64) rnd {
	r := rnd{uint64(seed)}
	for _, p := range parts {
		r.state = r.next() ^ uint64(p)*0x9E3779B97F4A7C15
	}
	r.next()
	return r
}

func (r *rnd) next() uint64 {
	r.state += 0x9E3779B97F4A7C15
	z := r.state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// unit is between 0 and 1, 1 not included.
func (r *rnd) unit() float64 { return float64(r.next()>>11) / (1 << 53) }

func (r *rnd) chance(p float64) bool { return r.unit() < p }

func (r *rnd) below(n int) int { return int(r.next() % uint64(n)) }

// exp is exponential with that mean.
func (r *rnd) exp(mean float64) float64 { return -mean * math.Log(1-r.unit()) }

func pick[T any](r *rnd, of []T) T { return of[r.below(len(of))] }
